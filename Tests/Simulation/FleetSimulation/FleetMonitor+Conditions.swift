import Fleet
import FleetController
import FleetPlanning

extension FleetMonitor {
    /// After so long whatever was accepted says what it waits for (issue 4).
    static let conditionDelay = Span.seconds(5)

    /// A person's change was accepted.
    func accepted(_ deployment: Int) {
        world.schedule(.accepted(deployment: deployment), after: Self.conditionDelay.milliseconds)
    }

    /// Whatever is not where it should be says why, and who can act.
    func checkConditions(_ deployment: Int) {
        let controller = world.controller
        guard let row = world.store.rows[deployment], !row.isDeleted else { return }
        guard controller.isUp, controller.now - controller.startedAt >= Self.conditionDelay else {
            // Nobody can be asked.
            return accepted(deployment)
        }
        guard let picture = controller.picture(of: deployment) else { return }
        reach("conditions")
        let items = picture.hosts.compactMap { host in host.item.map { (host.id, $0) } }
        let found = DeploymentExplainer(
            picture: picture,
            items: Dictionary(items) { first, _ in first },
            calendar: WindowCalendar(picture.policy).openTimes(from: controller.timeOfDay),
            now: controller.timeOfDay
        ).explanations()
        if let mute = found.first(where: { $0.why.isEmpty || $0.who.isEmpty }) {
            return world.fail("condition", "\(row.uid): a condition says nothing: \(mute)")
        }
        if let rollout = row.rollout, !rollout.state.isTerminal {
            let isSaid = found.contains { $0.since != nil && $0.next != nil && $0.why.contains(rollout.reason) }
            if rollout.reason.isEmpty || !isSaid {
                return world.fail(
                    "condition",
                    "\(row.uid): rollout \(rollout.id) is \(rollout.state), and nothing says why"
                )
            }
        } else if picture.written.digest != picture.wanted?.digest, found.isEmpty, !row.isRemoving, !picture.isFrozen {
            // What is frozen is said once for all deployments, by those who ask the explainer.
            return world.fail(
                "condition",
                "\(row.uid): revision \(picture.written.number) is not rolled out, and nothing says why"
            )
        }
        checkHosts(picture, found.map(\.why))
    }

    /// Each host that does not serve what it should is spoken of; in a row of many the first are named.
    private func checkHosts(_ picture: DeploymentPicture, _ said: [String]) {
        guard !picture.isRemoving, !picture.isFrozen, !said.contains(where: { $0.contains(" more wait") }) else {
            return
        }
        for host in picture.hosts where host.isSelected && isElsewhere(host, picture) {
            let isNamed = said.contains { why in
                why.split(whereSeparator: { $0 == " " || $0 == "," || $0 == ":" }).contains { $0 == host.name }
            }
            guard !isNamed else { continue }
            return world.fail(
                "condition",
                "\(picture.uid): \(host.name) serves revision \(host.report?.serving?.number ?? 0), and nothing says why: \(said)"
            )
        }
    }

    /// Whether a host does not serve what it is to serve, and that is not told by a wave that is under way or its failure.
    private func isElsewhere(_ host: DeploymentPicture.Host, _ picture: DeploymentPicture) -> Bool {
        let isOpen = picture.rollout?.state.isTerminal == false
        if isOpen, let target = host.target {
            if target.failure != nil || target.asked == .back || target.state == .verified { return false }
            return picture.rollout?.state.isForward == true && picture.rollout?.state != .paused
                && host.report?.serving?.digest != picture.rollout?.revision.digest
        }
        guard let settled = picture.settled(on: host.id) else { return false }
        return host.report?.serving?.digest != settled.digest
    }
}
