import Fleet

extension DeploymentHostView {
    /// Why it stands where it does; a host that is not selected any more is being stopped. What a person pinned on the host
    /// is said always: nothing moves there.
    var note: String {
        guard !assigned else {
            let pinned = pin.map(\.text)
            return [pinned, reason == pinned ? nil : reason].compactMap { $0 }.joined(separator: "; ")
        }
        guard state != .removed else { return "removed" }
        return "being removed\(reason.map { ": \($0)" } ?? "")"
    }

    /// The receipt, and how many connections still end at what is condemned.
    var receiptText: String {
        let left = condemnedConnections.flatMap { $0 > 0 ? "\($0) connections to what is condemned" : nil }
        return [receipt?.text, left].compactMap { $0 }.joined(separator: ", ")
    }
}
