import Hummingbird

/// What a request is called in logs and in its answer: the caller's own word in `x-request-id`, or a new one.
struct RequestID: CustomStringConvertible {
    static let header = HTTPFields.Key("x-request-id")
    /// The longest word that is taken over, in bytes.
    static let limit = 64

    let description: String

    init(_ headers: HTTPFields) {
        if let name = Self.header, let word = headers[name], Self.isUsable(word) {
            description = word
        } else {
            let number = String(UInt64.random(in: .min ... .max), radix: 16)
            description = String(repeating: "0", count: 16 - number.utf8.count) + number
        }
    }

    private static func isUsable(_ word: String) -> Bool {
        (1...limit).contains(word.utf8.count)
            && word.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}
