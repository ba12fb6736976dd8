/// What a connection without a certificate was asked to sign. It stands on the connection, so it is good for that one only, and
/// goes with it.
final class RenewalChallenge: Sendable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }
}
