import Fleet

/// Where one deployment answers on one host, as it was heard last.
struct EndpointLine: Sendable, Encodable {
    /// Whether it answers.
    enum Status: String, Hashable, Sendable, Encodable {
        /// A revision answers.
        case serving
        /// Nothing does: not yet, not any more, or in the gap of an update.
        case empty
        /// The host is not selected any more, or the deployment is being deleted: the replica stops.
        case leaving
    }

    /// The deployment's name.
    var deployment: String
    /// The host's name.
    var host: String
    /// What clients use; `nil` for a host that has not reported.
    var address: String?
    /// The stable port.
    var port: UInt16
    /// Whether it answers.
    var status: Status
    /// What answers.
    var serving: RevisionView?
    /// Why it is not where it should be, as the host said.
    var reason: String?
    /// Whether the controller hears the host.
    var connected: Bool
    /// When it was last heard.
    var lastSeen: Instant?
    /// Why nothing new moves there, if somebody said so. It serves on.
    var cordon: Cordon?
    /// The host's.
    var labels: [String: String]

    /// `10.0.0.7:8080`, `[fd00::7]:8080`.
    var target: String? {
        address.map { $0.contains(":") ? "[\($0)]:\(port)" : "\($0):\(port)" }
    }

    /// What there is to say of it, for people.
    func remarks(now: Instant) -> String {
        var remarks: [String] = []
        switch status {
        case .serving: break
        case .empty: remarks.append("nothing answers" + (reason.map { ": \($0)" } ?? ""))
        case .leaving: remarks.append("it is leaving" + (reason.map { ": \($0)" } ?? ""))
        }
        if !connected {
            let heard = lastSeen.map { "heard \(Measure.point($0, now: now))" } ?? "never heard"
            remarks.append("the controller does not hear the host (\(heard)); what serves there serves on")
        }
        if let cordon { remarks.append(cordon.text) }
        return remarks.joined(separator: "; ")
    }
}
