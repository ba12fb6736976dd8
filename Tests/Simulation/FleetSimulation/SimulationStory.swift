package import Fleet
import FleetController
import FleetPlanning

/// A history that somebody tells: people and accidents come when the story says so, and nothing else goes wrong.
///
/// The rules are watched as in every other history.
package final class SimulationStory {
    /// What a story says that nobody understands.
    package struct Refusal: Error, CustomStringConvertible {
        /// What was said, and what is wrong with it.
        package let description: String

        /// What was said, and what is wrong with it.
        package init(_ description: String) { self.description = description }
    }

    let world: SimulationWorld
    var names: [String: Int] = [:]
    private var versions = 0
    /// What each deployment wanted, and since when.
    var wanted: [Int: [(since: Instant, revision: RevisionReference)]] = [:]

    /// A fleet that has come up, with nothing to run yet.
    package init(hosts: Int, sites: Int) {
        var scenario = SimulationScenario(seed: 1)
        scenario.hosts = hosts
        scenario.sites = sites
        scenario.deployments = 0
        scenario.commands = 0
        scenario.rates = [:]
        scenario.busy = .seconds(3600 * 24 * 365)
        world = SimulationWorld(scenario)
        pass(.seconds(300))
    }

    /// Time passes.
    package func pass(_ span: Span) {
        world.run(until: world.now + span)
        noteWanted()
    }

    /// What broke a rule, if something did.
    package var failure: String? { world.failure.map { "\($0)" } }

    // MARK: Accidents

    /// A host cannot be talked to, until it can again.
    package func setDark(_ host: Int, _ isDark: Bool) {
        if isDark { world.cutOff(host) } else { world.heal(host) }
    }

    /// The power of a host fails, and comes back after a while.
    package func powerCut(_ host: Int, for span: Span) {
        world.hosts[host].die(power: true, downFor: span.milliseconds...span.milliseconds)
    }

    /// The controller dies, and is started again after a while.
    package func restartController(after span: Span) {
        world.controller.die(downFor: span.milliseconds...span.milliseconds)
    }

    /// A host's label changes, so that selectors take it or leave it.
    package func label(_ host: Int, site: Int) {
        world.store.hosts[host].site = site
        world.monitor.relabelled(world.hosts[host])
        world.controller.hostChanged(host)
    }

    // MARK: People

    /// Creates a deployment, or applies the next version of its content, with a policy.
    ///
    /// - Parameters:
    ///   - sites: which hosts it takes.
    ///   - flaw: what is wrong with the version, on which hosts.
    package func apply(_ name: String, sites: [Int], policy: Deployment.Policy, flaw: (String, hosts: Set<Int>)?) throws
    {
        let number = try names[name] ?? create(name, sites: sites, policy: policy)
        let next = (world.store.rows[number]?.revisions.map(\.number).max() ?? 0) + 1
        let made = try version(of: number, revision: next, flaw)
        guard var row = world.store.rows[number] else { return }
        if row.revisions.isEmpty {
            row.written = made
            row.revisions = [made]
            world.store.rows[number] = row
            world.controller.marks.insert(number)
            world.controller.comeSoon()
            return
        }
        world.controller.transact(number, isFresh: true, .apply(made, policy))
    }

    /// Says something to a deployment's rollout. Returns whether it was accepted.
    package func command(_ command: RolloutCommand, _ name: String) throws -> Bool {
        world.controller.transact(try number(name), command: command)
    }

    /// Deletes a deployment.
    package func delete(_ name: String) throws {
        world.controller.transact(try number(name), .remove)
    }

    func number(_ name: String) throws -> Int {
        guard let number = names[name] else { throw Refusal("there is no deployment '\(name)'") }
        return number
    }

    private func create(_ name: String, sites: [Int], policy: Deployment.Policy) throws -> Int {
        let number = world.freshDeployment()
        names[name] = number
        let blank = try version(of: number, revision: 0, nil)
        world.store.rows[number] = StoreImage.Row(
            number: number,
            uid: world.uids[number],
            name: name,
            selector: try LabelSelector("site in (\(sites.map { "s-\($0)" }.joined(separator: ", ")))"),
            endpoint: Endpoint(port: 8080 + UInt16(number), to: "http"),
            policy: policy,
            written: blank,
            revisions: []
        )
        return number
    }

    private func version(of number: Int, revision: UInt64, _ flaw: (String, hosts: Set<Int>)?) throws -> Revision {
        versions += 1
        let name = "\(versions).0.0"
        let content = RevisionContent(
            model: .init(name: "m", version: name, format: "sklearn", bundle: Digest(of: name.utf8)),
            runtime: RuntimeProfile(
                name: "serve",
                command: ["serve"],
                ports: ["http"],
                update: .sideBySide,
                ready: .init(port: "http", path: "/ready")
            ),
            environment: [:],
            probe: nil
        )
        let made = Revision(number: revision, content: content, written: Digest(of: "\(number) \(name)".utf8))
        var behaviour = VersionBehaviour(update: .sideBySide, dice: &world.dice)
        behaviour.isUnsteady = false
        behaviour.flaw = nil
        if let flaw {
            let known = VersionBehaviour.Flaw.allCases.first { "\($0)" == flaw.0 }
            guard let known else { throw Refusal("there is no flaw '\(flaw.0)'") }
            behaviour.flaw = known
        }
        behaviour.only = flaw?.hosts ?? []
        world.learn(made, of: number, behaviour)
        return made
    }

    // MARK: What it looks like

    /// The state of every deployment, as people would be told it.
    package var state: [String] {
        names.sorted { $0.value < $1.value }.flatMap { name, number in
            world.controller.picture(of: number).map { lines(name, $0) } ?? ["\(name): deleted"]
        }
    }

    private func lines(_ name: String, _ picture: DeploymentPicture) -> [String] {
        var lines = ["\(name): \(title(picture))"]
        if let counts = counts(picture) { lines.append("  \(counts)") }
        for hold in picture.holds {
            let places = hold.hosts.map { " on \($0.joined(separator: ", "))" } ?? ""
            lines.append("  held by \(hold.rollback ?? hold.id): revision \(hold.revision.number)\(places)")
        }
        for host in picture.hosts {
            let isOver = picture.rollout?.state.isTerminal ?? true
            let standing = isOver ? "" : host.target.map { " \($0.standing.words)" } ?? " (not in the list)"
            let dark = host.unreachableSince == nil ? "" : ", dark"
            let serves = host.report?.serving.map { "serves \($0.number)" } ?? "serves nothing"
            lines.append("  \(host.name) \(host.site)\(standing): \(serves)\(dark)\(receipt(host))")
        }
        var items: [String: AssignmentItem] = [:]
        for host in picture.hosts { items[host.id] = host.item }
        let explainer = DeploymentExplainer(
            picture: picture,
            items: items,
            calendar: WindowCalendar(picture.policy).openTimes(from: world.now),
            now: world.now
        )
        for found in explainer.explanations() {
            lines.append("  ! \(found.why) [\(found.who)]" + (found.next.map { " → \($0)" } ?? ""))
        }
        return lines
    }

    private func title(_ picture: DeploymentPicture) -> String {
        guard let rollout = picture.rollout else { return "nothing was rolled out" }
        return "revision \(rollout.revision.number) \(rollout.state.rawValue): \(rollout.reason)"
    }

    private func counts(_ picture: DeploymentPicture) -> String? {
        guard picture.rollout?.state.isTerminal == false else { return nil }
        var found: [RolloutStanding: Int] = [:]
        for target in picture.hosts.compactMap(\.target) { found[target.standing, default: 0] += 1 }
        return RolloutStanding.reading.compactMap { standing in found[standing].map { "\($0) \(standing.words)" } }
            .joined(separator: ", ")
    }
}
