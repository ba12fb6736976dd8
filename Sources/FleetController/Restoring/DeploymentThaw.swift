import Fleet
package import FleetPlanning

/// What a thaw means for one deployment.
package struct DeploymentThaw {
    let picture: DeploymentPicture
    let directory: HostDirectory

    /// What a thaw means for a deployment as it is stored, with what its hosts have said.
    package init(picture: DeploymentPicture, directory: HostDirectory) {
        self.picture = picture
        self.directory = directory
    }

    /// Where a host would go.
    struct Move {
        /// `nil` for a removal.
        var to: RevisionReference?
        var note: String?
    }

    /// The hosts whose item is an order of the old store that they left behind, or may have.
    ///
    /// Sent as it is, such an item would move all of them at once. Taken away, it stops nothing, and planning asks each host
    /// anew: within the budgets, and by what it says that it serves. What was under way when the backup was made stays: it
    /// was within them.
    package var askedAnew: Set<String> {
        Set(picture.hosts.filter { !isKept($0) }.map(\.id))
    }

    /// Whether a host has said in this process what it serves.
    func isHeard(_ host: DeploymentPicture.Host) -> Bool { directory[host.id]?.hasReported ?? false }

    /// Where a host would go by itself; `nil` when it stays, or has not said where it is.
    func move(of host: DeploymentPicture.Host) -> Move? {
        guard isHeard(host), host.isSelected || host.item != nil else { return nil }
        let serving = host.report?.serving
        guard host.isSelected, !picture.isRemoving else {
            return serving == nil ? nil : Move(to: nil, note: "is removed")
        }
        if let serving, let hold = picture.holds.condemning(serving) {
            let way = host.report?.good.last { picture.holds.condemning($0) == nil }
            return way.map { Move(to: $0, note: "hold \(hold.id)") }
        }
        let rollout = picture.rollout.flatMap { $0.state.isForward && host.target != nil ? $0 : nil }
        guard let to = rollout?.revision ?? picture.settled, to.digest != serving?.digest else { return nil }
        return Move(to: to, note: rollout == nil ? nil : "when its rollout is resumed")
    }

    private func isKept(_ host: DeploymentPicture.Host) -> Bool {
        guard let item = host.item, item.order == .converge else { return true }
        if let rollout = picture.rollout, !rollout.state.isTerminal, let target = host.target, target.failure == nil,
            target.asked == .go || target.asked == .back, target.state != .verified
        {
            return true
        }
        return isHeard(host) && host.report?.serving?.digest == item.revision?.digest
    }
}
