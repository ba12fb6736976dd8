import Fleet
import FleetAgent
import ReplicaLifecycle

/// What goes wrong on a host by the hands of whoever has a shell there.
extension SimulatedHost {
    /// Whether no space is left on its disk.
    var isFull: Bool { world.now < fullUntil && !world.isQuiet }

    /// Something fills its disk, for a while.
    func fillDisk(for span: Int64) {
        fullUntil = world.now + Span(milliseconds: span)
        disk.setFull(true)
        world.schedule(.diskFreed(host: index), after: span)
    }

    /// There is space again, unless more was taken meanwhile.
    func freeDisk() { if !isFull { disk.setFull(false) } }

    /// Whether nothing can be written to its journal.
    private var isJournalBroken: Bool { world.now < brokenUntil && !world.isQuiet }

    /// Nothing can be written to its journal, for a while.
    func breakJournal(for span: Int64) {
        guard isAgentUp else { return }
        brokenUntil = world.now + Span(milliseconds: span)
        disk.setBroken(true)
        world.schedule(.journalMended(host: index), after: span)
    }

    /// The journal can be written again, unless it has failed anew: what waits for it begins.
    func mendJournal() {
        guard !isJournalBroken else { return }
        disk.setBroken(false)
        if isAgentUp, !waiting.records.isEmpty { commit([], []) }
    }

    /// Somebody on the host orders something about one deployment; what the agent refuses is not done.
    func orderSomething() {
        let here = replicas.indices.filter { replicas[$0] != nil }
        guard isAgentUp, !here.isEmpty else { return }
        let pin = LocalPin(actor: "eve", reason: "a look", since: wall)
        let deployment = world.dice.pick(here)
        carryOut(world.dice.pick([.pin(pin), .rollback(pin), .unpin(actor: "eve")]), deployment)
    }

    /// What serves here stays.
    func pinEverything() {
        let pin = LocalPin(actor: "eve", reason: "a look", since: wall)
        for deployment in replicas.indices where replicas[deployment] != nil { carryOut(.pin(pin), deployment) }
    }

    /// The controller is to have its way again.
    func unpin() {
        for deployment in replicas.indices where replicas[deployment]?.machine.record.pin != nil {
            carryOut(.unpin(actor: "eve"), deployment)
        }
    }

    private func carryOut(_ order: LocalOrder, _ deployment: Int) {
        guard isAgentUp, var machine = replicas[deployment]?.machine, order.refusal(by: machine) == nil else { return }
        world.count()
        world.note("\(id) d-\(deployment): somebody there orders \(order)")
        let actions = order.carriedOut(by: &machine, at: steady)
        replicas[deployment]?.machine = machine
        world.monitor.orderedLocally(self, deployment)
        commit([(deployment, actions)], [])
    }
}
