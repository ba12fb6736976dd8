import FuzzDriver
import FuzzSecurity

LibFuzzer.run { bytes, count in
    CertificateFuzz.run(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
