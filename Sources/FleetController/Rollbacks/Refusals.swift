import Fleet

/// Why some of several deployments are left out of what a person asked for; the others go on.
struct Refusals {
    /// Why, by the deployments' names.
    private(set) var reasons: [String: String] = [:]
    private var next: String?

    /// One is left out.
    ///
    /// - Parameter next: what a person can do about it.
    mutating func add(_ name: String, why: String, next: String?) {
        reasons[name] = why
        self.next = self.next ?? next
    }

    /// What a person is told when none of the deployments is left.
    ///
    /// - Parameter what: what was asked, in words that follow "cannot" and end before the deployments.
    func error(_ what: String) -> ControllerError {
        let list = reasons.sorted { $0.key < $1.key }.prefix(10).map { "deployment '\($0.key)': \($0.value)" }
        let rest = reasons.count > 10 ? "; and \(reasons.count - 10) more" : ""
        let deployments = reasons.count > 1 ? " any of \(reasons.count) deployments:" : ""
        return ControllerError(
            .conflict,
            "cannot \(what)\(deployments) \(list.joined(separator: "; "))\(rest)",
            hint: next ?? "see 'muster get deployments'"
        )
    }
}
