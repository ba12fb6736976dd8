package import NIOCore
package import SwiftProtobuf

/// Protobuf messages in and out of buffers.
extension SwiftProtobuf.Message {
    /// Reads a message from all readable bytes of a buffer.
    ///
    /// - Throws: `ProtocolError` when they are not this message (malformed, bad UTF-8, nested too deeply).
    package init(buffer: ByteBuffer) throws(ProtocolError) {
        do {
            try self.init(serializedBytes: Array(buffer.readableBytesView))
        } catch {
            throw ProtocolError(field: Self.protoMessageName, problem: "cannot be read: \(error)")
        }
    }

    /// The message's bytes. A message of ours always has them: no required field, no `Any`.
    package func buffer(allocator: ByteBufferAllocator = ByteBufferAllocator()) -> ByteBuffer {
        guard let bytes: [UInt8] = try? serializedBytes() else {
            preconditionFailure("\(Self.protoMessageName) cannot be written")
        }
        return allocator.buffer(bytes: bytes)
    }
}
