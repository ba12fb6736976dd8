import FuzzBodies
import FuzzDriver

LibFuzzer.run { bytes, count in
    BodyFuzz.run(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
