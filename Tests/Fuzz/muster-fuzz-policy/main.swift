import FuzzDriver
import FuzzPolicy

LibFuzzer.run { bytes, count in
    PolicyFuzz.run(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
