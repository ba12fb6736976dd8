import FuzzDriver
import FuzzHTTP2

LibFuzzer.run { bytes, count in
    HTTP2Fuzz.run(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
