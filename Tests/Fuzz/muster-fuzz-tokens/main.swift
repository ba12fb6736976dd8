import FuzzDriver
import FuzzSecurity

LibFuzzer.run { bytes, count in
    TokenFuzz.run(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
