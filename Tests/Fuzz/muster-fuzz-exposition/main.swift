import FuzzDriver
import FuzzExposition

LibFuzzer.run { bytes, count in
    ExpositionFuzz.run(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
