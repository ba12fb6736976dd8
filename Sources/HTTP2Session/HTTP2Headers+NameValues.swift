import CNGHTTP2

extension HTTP2Headers {
    /// Calls `body` with the list as nghttp2 takes it. nghttp2 copies what it keeps.
    func withNameValues<Result>(_ body: (UnsafeMutableBufferPointer<nghttp2_nv>) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: count) { pairs in
            var index = 0
            forEach { name, value in
                let name = UnsafeMutableRawBufferPointer(mutating: name).assumingMemoryBound(to: UInt8.self)
                let value = UnsafeMutableRawBufferPointer(mutating: value).assumingMemoryBound(to: UInt8.self)
                pairs.initializeElement(
                    at: index,
                    to: nghttp2_nv(
                        name: name.baseAddress,
                        value: value.baseAddress,
                        namelen: name.count,
                        valuelen: value.count,
                        flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)
                    )
                )
                index += 1
            }
            return body(pairs)
        }
    }
}
