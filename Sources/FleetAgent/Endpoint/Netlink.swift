import Glibc

/// One question to the kernel by a netlink socket, see netlink(7). The kernel answers before `send` returns.
enum Netlink {
    /// The protocols that are asked here.
    enum Family: Int32 {
        /// NETLINK_ROUTE
        case route = 0
        /// NETLINK_SOCK_DIAG
        case sockets = 4
        /// NETLINK_NETFILTER
        case netfilter = 12
    }

    /// NLM_F_ACK: there is an answer where nothing is asked for.
    static let acknowledge: UInt16 = 4

    private static let headerLength = 16
    private static let isNested: UInt16 = 0x8000
    private static let done: UInt16 = 3
    private static let error: UInt16 = 2
    private static let multi: UInt16 = 2

    /// The payloads of the answers to one message.
    ///
    /// - Parameters:
    ///   - type: the message's type.
    ///   - flags: beside NLM_F_REQUEST.
    /// - Throws: `endpoint` when the kernel refuses.
    static func ask(_ family: Family, type: UInt16, flags: UInt16 = 0, _ payload: [UInt8]) throws(AgentError)
        -> [[UInt8]]
    {
        let socket = Glibc.socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), family.rawValue)
        guard socket >= 0 else { throw failure(errno) }
        defer { close(socket) }
        var message: [UInt8] = []
        message += bytes(UInt32(headerLength + payload.count)) + bytes(type) + bytes(1 | flags)
        message += bytes(UInt32(1)) + bytes(UInt32(0)) + payload
        guard send(socket, message, message.count, 0) == message.count else { throw failure(errno) }
        var answers: [[UInt8]] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(errno) }
            guard try take(buffer[..<count], into: &answers) else { return answers }
        }
    }

    /// Reads the messages of one datagram; whether more datagrams follow.
    private static func take(_ datagram: ArraySlice<UInt8>, into answers: inout [[UInt8]]) throws(AgentError) -> Bool {
        var rest = datagram
        var isLast = true
        while rest.count >= headerLength {
            let start = rest.startIndex
            let length = Int(word(rest, 0))
            let type = UInt16(truncatingIfNeeded: word(rest, 4) & 0xFFFF)
            let flags = UInt16(truncatingIfNeeded: word(rest, 4) >> 16)
            guard length >= headerLength, length <= rest.count else { return false }
            let payload = Array(rest[(start + headerLength)..<(start + length)])
            switch type {
            case done: return false
            case error:
                let number = payload.count >= 4 ? Int32(bitPattern: word(payload[...], 0)) : -EIO
                guard number == 0 else { throw failure(-number) }
                return false
            default: answers.append(payload)
            }
            isLast = flags & multi == 0
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return !isLast
    }

    /// One attribute, padded.
    static func attribute(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
        bytes(UInt16(4 + value.count)) + bytes(type) + value + [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
    }

    /// One attribute that holds others.
    static func nested(_ type: UInt16, _ attributes: [UInt8]) -> [UInt8] { attribute(type | isNested, attributes) }

    /// The attributes that stand one after the other, by their types.
    static func attributes(_ bytes: ArraySlice<UInt8>) -> [UInt16: ArraySlice<UInt8>] {
        var rest = bytes
        var found: [UInt16: ArraySlice<UInt8>] = [:]
        while rest.count >= 4 {
            let head = word(rest, 0)
            let length = Int(head & 0xFFFF)
            guard length >= 4, length <= rest.count else { break }
            found[UInt16(head >> 16) & 0x3FFF] = rest[(rest.startIndex + 4)..<(rest.startIndex + length)]
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return found
    }

    /// Four bytes of the machine's order.
    static func word(_ bytes: ArraySlice<UInt8>, _ offset: Int) -> UInt32 {
        let start = bytes.startIndex + offset
        return (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) }.littleEndian
    }

    /// A number as the machine writes it.
    static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number) { unsafe Array($0) }
    }

    private static func failure(_ number: Int32) -> AgentError {
        AgentError(.endpoint, "the kernel does not answer about its network: \(FileAccess.reason(number))")
    }
}
