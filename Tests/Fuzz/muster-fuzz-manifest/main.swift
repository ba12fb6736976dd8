import FuzzDriver
import FuzzManifest

LibFuzzer.run { bytes, count in
    ManifestFuzz.run(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
