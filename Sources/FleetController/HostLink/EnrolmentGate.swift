import Fleet
import RPCTransport

/// How often enrolment may be tried (DESIGN §11): 300 a second in all, and after a failure once a second per address.
struct EnrolmentGate: Sendable {
    /// Attempts a second, of everybody together.
    static let limit = 300
    /// Addresses remembered at once; beyond it the oldest failures are forgotten first.
    static let addresses = 4096

    private var second: Int64 = 0
    private var attempts = 0
    private var failures: [String: Instant] = [:]

    /// An attempt begins.
    ///
    /// - Throws: `resourceExhausted` with when to try again.
    mutating func admit(_ address: String, at now: Instant) throws(RPCStatus) {
        let host = Self.host(of: address)
        if let failed = failures[host], now < failed + .seconds(1) {
            throw RPCStatus(.resourceExhausted, "an enrolment from here failed a moment ago; try again in a second")
        }
        if now.milliseconds / 1000 != second {
            second = now.milliseconds / 1000
            attempts = 0
        }
        attempts += 1
        guard attempts <= Self.limit else {
            throw RPCStatus(.resourceExhausted, "more than \(Self.limit) enrolments a second; try again in a second")
        }
    }

    /// An attempt failed for a reason that guessing would meet.
    mutating func failed(_ address: String, at now: Instant) {
        if failures.count >= Self.addresses {
            failures = failures.filter { now < $0.value + .seconds(1) }
            if failures.count >= Self.addresses { failures.removeAll() }
        }
        failures[Self.host(of: address)] = now
    }

    /// The address without its port.
    private static func host(of address: String) -> String {
        guard let colon = address.lastIndex(of: ":") else { return address }
        return String(address[..<colon])
    }
}
