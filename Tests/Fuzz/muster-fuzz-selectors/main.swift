import FuzzDriver
import FuzzManifest

LibFuzzer.run { bytes, count in
    SelectorFuzz.run(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
