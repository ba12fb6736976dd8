import Fleet

extension DeploymentHostView {
    /// Why it stands where it does; a host that is not selected any more is being stopped.
    var note: String {
        guard !assigned else { return reason ?? "" }
        guard state != .removed else { return "removed" }
        return "being removed\(reason.map { ": \($0)" } ?? "")"
    }
}
