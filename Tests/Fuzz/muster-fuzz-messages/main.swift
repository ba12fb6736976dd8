import FuzzDriver
import FuzzMessages

LibFuzzer.run { bytes, count in
    MessageFuzz.run(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
