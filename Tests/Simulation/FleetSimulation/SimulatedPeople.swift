import Fleet
import FleetController
import FleetPlanning

/// The people: they create, apply, edit, pause, abort, roll back and delete at random moments, and in the end answer
/// whatever waits for them.
struct SimulatedPeople {
    var dice: SimulationDice
    /// How many commands they may still give while faults happen.
    var left: Int
    private var versions = 0
    var holds = 0
    /// The deployment of a rollback that somebody thinks better of while it runs.
    var regretted: Int?

    init(seed: UInt64, left: Int) {
        dice = SimulationDice(seed: seed, stream: 3)
        self.left = left
    }

    // MARK: While faults happen

    static func act(in world: SimulationWorld) {
        guard !world.isQuiet else { return }
        let alive = world.store.alive
        if alive.count < world.scenario.deployments {
            create(in: world)
            if alive.isEmpty || alive.count + 1 < world.scenario.deployments {
                return world.schedule(.command, after: 1000)
            }
        } else if world.people.left > 0, let number = world.people.regretted {
            world.people.left -= 1
            world.people.regretted = nil
            regret(number, in: world)
        } else if world.people.left > 0, let row = alive.randomElement(using: &world.people.dice) {
            world.people.left -= 1
            command(row, in: world)
        }
        if world.people.regretted != nil {
            return world.schedule(.command, after: world.people.dice.time(300...20_000))
        }
        let pace = Double(world.scenario.pace.milliseconds)
        world.schedule(.command, after: Int64(world.people.dice.fraction() * 2 * pace) + 1000)
    }

    private static func command(_ row: StoreImage.Row, in world: SimulationWorld) {
        let number = row.number
        if world.store.isFrozen, world.people.dice.chance(0.3) { return thaw(in: world) }
        // Hosts come and go all the same.
        if world.store.isFrozen, world.people.dice.chance(0.5) { return relabel(in: world) }
        let kind = world.people.dice.below(100)
        world.note("people: \(kind) about \(row.uid)")
        let controller = world.controller
        if world.scenario.takesBack, takeBack(number, kind, in: world) { return }
        switch kind {
        case 0..<30: apply(number, in: world)
        case 30..<33: controller.transact(number)
        case 33..<38: edit(number, in: world)
        case 38..<42: reselect(number, in: world)
        case 42..<45: relabel(in: world)
        case 45..<52: controller.transact(number, command: .pause)
        case 52..<60: controller.transact(number, command: .resume)
        case 60..<65: controller.transact(number, command: .promote(full: world.people.dice.chance(0.3)))
        case 65..<70: controller.transact(number, command: .abort)
        case 70..<73: controller.transact(number, command: .cancel)
        case 73..<80: controller.transact(number, command: .retry)
        case 80..<84:
            let host = world.hosts[world.people.dice.below(world.hosts.count)].id
            controller.transact(number, command: .skip(host: host))
        case 84..<91: rollBack(number, in: world)
        case 91..<94: lift(number, in: world)
        case 94..<96: delete(number, in: world)
        case 96..<97: revoke(in: world)
        case 97..<98: thaw(in: world)
        default: cordon(world.hosts[world.people.dice.below(world.hosts.count)], in: world)
        }
    }

    private static func create(in world: SimulationWorld) {
        guard world.controller.isUp, !world.store.isFrozen else { return }
        let number = world.freshDeployment()
        let update: RuntimeProfile.Update = world.people.dice.chance(0.5) ? .sideBySide : .recreate
        let written = version(of: number, revision: 1, update, in: world)
        let all = 0..<world.scenario.sites
        var sites = Set(world.people.dice.chance(0.8) ? Array(all) : all.filter { _ in world.people.dice.chance(0.6) })
        // Declared before there are hosts for it.
        if world.people.dice.chance(0.15) { sites = [world.scenario.spareSite] }
        var policy = policy(in: world)
        let frozen = closed(&policy, in: world)
        let row = StoreImage.Row(
            number: number,
            uid: world.uids[number],
            name: "model-\(number)",
            selector: selector(of: sites),
            endpoint: world.people.dice.chance(0.8) ? Endpoint(port: 8080 + UInt16(number % 50), to: "http") : nil,
            policy: policy,
            frozen: frozen,
            written: written,
            revisions: [written]
        )
        guard world.controller.transaction({ try $0.create(row) }) != nil else { return }
        world.note("people: create \(world.uids[number])")
        world.controller.marks.insert(number)
        world.controller.comeSoon()
        world.monitor.accepted(number)
    }

    private static func selector(of sites: Set<Int>) -> LabelSelector {
        let names = sites.isEmpty ? ["nowhere"] : sites.sorted().map { "s-\($0)" }
        do {
            return try LabelSelector("site in (\(names.joined(separator: ", ")))")
        } catch {
            preconditionFailure("a selector that is none: \(error)")
        }
    }

    private static func version(
        of number: Int,
        revision: UInt64,
        _ update: RuntimeProfile.Update,
        in world: SimulationWorld
    ) -> Revision {
        world.people.versions += 1
        let name = "\(world.people.versions).0.0"
        let content = RevisionContent(
            model: .init(name: "m", version: name, format: "sklearn", bundle: Digest(of: name.utf8)),
            runtime: RuntimeProfile(
                name: "serve",
                command: ["serve"],
                ports: ["http"],
                update: update,
                ready: .init(port: "http", path: "/ready")
            ),
            environment: [:],
            probe: nil
        )
        let written = Deployment.Content(model: "m", version: name, runtime: "serve")
        let made = Revision(number: revision, content: content, written: written.writtenDigest)
        world.written[made.written] = written
        world.contents[made.digest] = content
        world.learn(made, of: number, VersionBehaviour(update: update, dice: &world.people.dice))
        return made
    }

    static func policy(in world: SimulationWorld) -> Deployment.Policy {
        var rollout = RolloutPolicy()
        let dice = { (choices: [Amount]) in world.people.dice.pick(choices) }
        rollout.waves = world.people.dice.pick([
            rollout.waves, [.count(1), .percent(30)], [.percent(100)], [.count(1), .count(3), .percent(50)],
        ])
        if world.scenario.takesBack, world.people.dice.chance(0.7) { rollout.waves = [.count(1), .percent(100)] }
        rollout.maxInFlight = dice([.percent(10), .count(1), .count(2), .percent(50), .percent(100)])
        rollout.stableFor = world.people.dice.pick([.seconds(30), .seconds(5), .seconds(120)])
        rollout.bake = world.people.dice.pick([.seconds(0), .seconds(300), .seconds(1200)])
        if world.scenario.takesBack { rollout.bake = world.people.dice.pick([.seconds(0), rollout.bake]) }
        rollout.maxFailed = dice([.percent(5), .count(0), .count(2), .percent(30)])
        rollout.unreachable = world.people.dice.pick([.exclude, .exclude, .wait(.seconds(1800)), .fail])
        return Deployment.Policy(rollout: rollout)
    }

    /// Windows, and a freeze: some deployments may be changed at times only.
    private static func closed(
        _ policy: inout Deployment.Policy,
        in world: SimulationWorld
    ) -> [(from: Instant, until: Instant)] {
        if world.people.dice.chance(world.scenario.takesBack ? 0.3 : 0.2) {
            let opens = world.people.dice.below(1440)
            policy.windows = [
                MaintenanceWindow(
                    days: MaintenanceWindow.Day.allCases,
                    opens: opens,
                    closes: (opens + 60 + world.people.dice.below(900)) % 1440,
                    zone: "UTC"
                )
            ]
        }
        guard world.people.dice.chance(0.1) else { return [] }
        let minute: Int64 = 60_000
        let from = (world.now.milliseconds + world.people.dice.time(0...14_400_000)) / minute * minute
        let until = from + world.people.dice.time(1_800_000...10_800_000) / minute * minute
        let text = { (at: Int64) in String(Instant(milliseconds: at).description.prefix(16)) }
        policy.freezes = [Freeze(from: text(from), until: text(until), zone: "UTC", reason: "sales")]
        return [(Instant(milliseconds: from), Instant(milliseconds: until))]
    }

    static func apply(_ number: Int, in world: SimulationWorld) {
        guard let row = world.store.rows[number], !row.isRemoving else { return }
        let next = (row.revisions.map(\.number).max() ?? 0) + 1
        var made: Revision
        if world.people.dice.chance(0.15), let old = row.revisions.randomElement(using: &world.people.dice) {
            // Back to what was written before: the same content under another number.
            made = old
            made.number = next
        } else {
            let update: RuntimeProfile.Update =
                world.people.dice.chance(0.1) ? .recreate : world.behaviour(row.written.digest).update
            made = version(of: number, revision: next, update, in: world)
        }
        guard !row.isCondemned(made.reference), made.written != row.written.written else { return }
        world.controller.transact(number, isFresh: true, .apply(made))
    }

    static func edit(_ number: Int, in world: SimulationWorld) {
        var policy = policy(in: world)
        let frozen = closed(&policy, in: world)
        let moves = world.people.dice.chance(0.35)
        var endpoint = world.store.rows[number]?.endpoint
        if moves, let port = endpoint?.port {
            endpoint = Endpoint(port: port < 9000 ? port + 1000 : port - 1000, to: "http")
        }
        world.controller.transact(number, .edit(policy, frozen, endpoint))
    }

    private static func reselect(_ number: Int, in world: SimulationWorld) {
        reselect(number, site: world.people.dice.below(world.scenario.sites), in: world)
    }

    /// Hosts of a site are taken, or no longer are.
    static func reselect(_ number: Int, site: Int, in world: SimulationWorld) {
        guard let row = world.store.rows[number] else { return }
        var sites = Set((0...world.scenario.spareSite).filter { row.selector.matches(["site": "s-\($0)"]) })
        if sites.contains(site) { sites.remove(site) } else { sites.insert(site) }
        world.controller.transact(number, .reselect(selector(of: sites)))
    }

    /// A host's labels change: it leaves some selectors and comes under others.
    private static func relabel(in world: SimulationWorld) {
        let controller = world.controller
        let host = world.hosts[world.people.dice.below(world.hosts.count)]
        let isSpare = world.people.dice.chance(world.store.isFrozen ? 0.9 : 0.05)
        let site = isSpare ? world.scenario.spareSite : world.people.dice.below(world.scenario.sites)
        guard controller.isUp, controller.transaction({ try $0.label(host.index, site: site) }) != nil else { return }
        changed(host, in: world)
    }

    private static func revoke(in world: SimulationWorld) {
        let controller = world.controller
        let host = world.hosts[world.people.dice.below(world.hosts.count)]
        guard host.isGone, controller.isUp, controller.transaction({ try $0.revoke(host.index) }) != nil else { return }
        changed(host, in: world)
    }

    /// A host is kept out of what is new, or no longer.
    private static func cordon(_ host: SimulatedHost, in world: SimulationWorld) {
        let isCordoned = world.store.hosts[host.index].cordon != nil
        let cordon = isCordoned ? nil : Cordon(actor: "ada", reason: "its disk", since: world.controller.now)
        let controller = world.controller
        guard controller.isUp, controller.transaction({ try $0.cordon(host.index, cordon) }) != nil else { return }
        world.note("people: \(host.id) is \(isCordoned ? "free again" : "cordoned")")
        if isCordoned { world.monitor.reach("uncordoned") }
        controller.hostChanged(host.index)
    }

    private static func changed(_ host: SimulatedHost, in world: SimulationWorld) {
        world.monitor.relabelled(host)
        world.controller.hostChanged(host.index)
    }

    private static func delete(_ number: Int, in world: SimulationWorld) {
        world.controller.transact(number, .remove)
    }

    static func guardsTurn(in world: SimulationWorld) {
        guard let row = world.store.alive.randomElement(using: &world.dice) else { return }
        let verdict: GuardVerdict =
            switch world.dice.below(5) {
            case 0: .fail(reason: "too many errors")
            case 1, 2: .inconclusive(reason: "no figures")
            default: .pass
            }
        world.store.rows[row.number]?.guards = verdict
        world.count()
        world.controller.executor.take(.guards(verdict), of: row.uid)
        world.controller.comeSoon()
    }

    // MARK: After a restore

    /// A person looks at what hosts have reported, and lets things move again: frozen rollouts stay paused.
    static func thaw(in world: SimulationWorld) {
        guard world.store.isFrozen, world.controller.isUp, world.controller.transaction({ try $0.thaw() }) != nil else {
            return
        }
        world.note("people: thaw")
        world.controller.sendAssignments(to: Set(world.hosts.indices))
        world.controller.marks.formUnion(world.store.alive.map(\.number))
        world.controller.comeSoon()
    }

    // MARK: In the end

    static func answer(in world: SimulationWorld) {
        thaw(in: world)
        for host in world.hosts {
            host.unpin()
            if world.store.hosts[host.index].cordon != nil { cordon(host, in: world) }
        }
        for row in world.store.alive {
            hurry(row, in: world)
            guard let rollout = row.rollout else { continue }
            switch rollout.state {
            case .paused:
                let command: RolloutCommand = world.people.dice.chance(0.6) ? .resume : .abort
                world.note("people answer \(row.uid): \(command)")
                world.controller.transact(row.number, command: command)
            case .preflight where world.controller.now - rollout.since > Span.seconds(7200):
                world.controller.transact(row.number, command: .cancel)
            default: break
            }
        }
    }
}
