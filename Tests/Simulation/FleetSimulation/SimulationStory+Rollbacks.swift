package import Fleet
import FleetPlanning

extension SimulationStory {
    /// How somebody wants to go back.
    package struct WayBack {
        /// In which order hosts go.
        package var strategy = Rollback.Strategy.fast
        /// What a host does that cannot.
        package var onFailure = AssignmentItem.OnFailure.keepServing
        /// To the revision with this number.
        package var version: UInt64?
        /// To what was wanted so long ago.
        package var ago: Span?
        /// On these hosts only.
        package var hosts: [String]?

        /// As people go back who say nothing else.
        package init() {}
    }

    // MARK: People

    /// Condemns what a deployment wants, and everything after the revision that is named.
    package func rollBack(_ name: String, _ way: WayBack) throws {
        let number = try number(name)
        guard let picture = world.controller.picture(of: number), let wanted = picture.condemnable else {
            throw Refusal("there is nothing to roll back")
        }
        let target = try target(of: number, picture, way)
        let later = LaterRevisions(succeeded: picture.succeeded, rollout: picture.rollout)
        let condemned = target.map { later.than($0, on: picture.hosts.compactMap(\.report)) } ?? [wanted]
        let id = "back-\(Set(picture.rollbacks.map(\.rollback)).count + 1)"
        let holds = condemned.sorted { $0.number < $1.number }.map { revision in
            Hold(
                id: "\(id)-\(revision.number)",
                deployment: picture.uid,
                revision: revision,
                actor: "ada",
                reason: "wrong answers",
                since: world.now,
                rollback: id,
                hosts: way.hosts
            )
        }
        let order = RollbackOrder(
            rollback: id,
            deployment: picture.uid,
            strategy: way.strategy,
            onFailure: way.onFailure,
            at: world.now,
            target: target
        )
        world.controller.transact(number, .rollBack(order, holds, []))
    }

    private func target(
        of number: Int,
        _ picture: DeploymentPicture,
        _ way: WayBack
    ) throws -> RevisionReference? {
        if let version = way.version {
            guard let known = picture.succeeded.last(where: { $0.number == version }) else {
                throw Refusal("revision \(version) has not succeeded")
            }
            return known
        }
        guard let ago = way.ago else { return nil }
        let then = world.now + Span(milliseconds: -ago.milliseconds)
        guard let known = wanted[number]?.last(where: { $0.since <= then }) else {
            throw Refusal("nothing was wanted \(ago) ago")
        }
        return known.revision
    }

    /// Takes the newest rollback back: its holds are lifted, and the written content is rolled out.
    package func undo(_ name: String) throws {
        let number = try number(name)
        guard let newest = world.store.rows[number]?.orders.last else { throw Refusal("there is no rollback") }
        world.controller.transact(number, isFresh: true, .undo(rollback: newest.rollback, at: world.now))
    }

    /// Applies what is written once more, as a robot does.
    package func applyAgain(_ name: String) throws {
        let number = try number(name)
        guard let written = world.store.rows[number]?.written else { return }
        world.controller.transact(number, isFresh: true, .apply(written))
    }

    // MARK: Accidents

    /// Somebody on a host pins what serves there, or takes that back.
    package func pin(_ host: Int, _ isPinned: Bool) {
        if isPinned { world.hosts[host].pinEverything() } else { world.hosts[host].unpin() }
    }

    /// Something has happened to a host that lets a revision fail its proof there.
    package func spoil(_ name: String, revision: UInt64, on host: Int) throws {
        let number = try number(name)
        guard let known = world.store.rows[number]?.revisions.last(where: { $0.number == revision }) else {
            throw Refusal("there is no revision \(revision)")
        }
        world.spoil(known.digest, on: host)
    }

    // MARK: What it looks like

    func noteWanted() {
        for (number, row) in world.store.rows {
            let settled = row.succeeded.last { !row.isCondemned($0) }
            guard let settled, wanted[number]?.last?.revision != settled else { continue }
            wanted[number, default: []].append((world.now, settled))
        }
    }

    /// Where a host stands with its newest rollback.
    func receipt(_ host: DeploymentPicture.Host) -> String {
        guard let entry = host.entry else { return "" }
        let words: String =
            switch entry.receipt {
            case .done: "done"
            case .unaffected: "unaffected"
            case .inProgress(let state): "in progress (\(state.rawValue))"
            case .offline: "offline, applies on return"
            case .noTarget(let onFailure): "no target (\(onFailure.rawValue))"
            case .pinned: "pinned"
            case .failed(let cause, _): "failed: \(cause)"
            }
        return "; \(entry.rollback): \(words)"
    }
}
