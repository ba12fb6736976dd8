import Fleet
import NIOCore

extension ByteBuffer {
    /// Writes a text as JSON, with its quotes.
    mutating func writeJSON(_ text: String) {
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }) else {
            writeBytes(JSONValue.string(text).canonicalBytes)
            return
        }
        writeString("\"")
        writeString(text)
        writeString("\"")
    }
}
