import Fleet
import Testing

@testable import FleetPlanning

/// Rollbacks: what people do, and what hosts make of it.
extension PlanningFleet {
    /// Where the hosts stand with their newest rollback.
    var receipts: [String] { hosts.map { $0.entry?.receipt.kind.rawValue ?? "-" } }

    /// Whose turn it is.
    var turns: [String] { hosts.map { $0.entry?.turn?.rawValue ?? "-" } }

    /// Hosts that have gone from revision 1 to 2, and back.
    static func rolledBack(hosts: Int) -> PlanningFleet {
        var fleet = PlanningFleet(hosts: hosts)
        fleet.settle()
        fleet.apply(2)
        fleet.settle()
        fleet.rollBack()
        fleet.settle()
        return fleet
    }

    // MARK: What people do

    /// Every hold is lifted: that moves nobody.
    static func lift(_ picture: inout DeploymentPicture) {
        picture.holds = []
        picture.succeeded.sort { $0.number < $1.number }
    }

    /// A rollback: it condemns what is wanted, or every revision after an explicit target.
    ///
    /// - Returns: its id.
    @discardableResult
    mutating func rollBack(
        _ strategy: Rollback.Strategy = .fast,
        onFailure: AssignmentItem.OnFailure = .keepServing,
        hosts: [Int]? = nil,
        to target: Int? = nil
    ) -> String? {
        guard let wanted = picture.condemnable else { return nil }
        var condemned = [wanted]
        if let target {
            let later = picture.succeeded + [picture.written.reference]
            condemned += later.filter { $0.number > target && $0 != wanted }
        }
        serial += 1
        let id = "back\(serial)"
        let holds = condemned.map { revision in
            Hold(
                id: "\(id)-\(revision.number)",
                deployment: "d",
                revision: revision,
                actor: "ada",
                reason: "wrong",
                since: now,
                rollback: id,
                hosts: hosts.map { $0.map(Self.id).sorted() }
            )
        }
        let order = RollbackOrder(
            rollback: id,
            deployment: "d",
            strategy: strategy,
            onFailure: onFailure,
            at: now,
            target: target.map { Self.revision($0).reference }
        )
        edit { picture in
            picture.holds.append(contentsOf: holds)
            picture.rollbacks.append(order)
            if let settled = picture.settled {
                picture.succeeded.removeAll { $0 == settled }
                picture.succeeded.append(settled)
            }
        }
        return id
    }

    /// A rehearsal on some hosts.
    mutating func rehearse(_ numbers: [Int]) {
        serial += 1
        let id = "drill\(serial)"
        let now = now
        edit { picture in
            picture.rollbacks.append(.init(rollback: id, deployment: "d", at: now, drill: true))
            for number in numbers {
                picture.hosts[number - 1].entry = RollbackEntry(
                    rollback: id,
                    deployment: "d",
                    host: Self.id(number),
                    name: Self.id(number),
                    since: now,
                    receipt: .inProgress(.pending),
                    receiptAt: now
                )
            }
        }
    }

    /// Ends the newest rehearsal by hand, as the store does.
    mutating func endRehearsal() {
        let now = now
        edit { picture in
            guard let index = picture.rollbacks.lastIndex(where: \.drill) else { return }
            picture.rollbacks[index].undone = Rollback.Undo(actor: "ada", at: now, reason: "enough")
        }
    }

    /// Takes a rollback back; with `asks` the written content is rolled out again.
    mutating func lift(_ rollback: String, asks: Bool = false) {
        edit { picture in
            picture.holds.removeAll { $0.rollback == rollback }
            picture.rollbacks.removeAll { $0.rollback == rollback }
            if asks { picture.freshRequest = "ada" }
            picture.isUndone = asks
        }
        guard asks else { return }
        plan()
        edit { picture in
            picture.freshRequest = nil
            picture.isUndone = false
        }
    }

    /// Lifts the holds of a rollback; it stands all the same.
    mutating func liftHolds(of rollback: String) {
        edit { $0.holds.removeAll { $0.rollback == rollback } }
    }

    /// A hold without a rollback.
    mutating func hold(_ number: Int) {
        serial += 1
        let hold = Hold(
            id: "hold\(serial)",
            deployment: "d",
            revision: Self.revision(number).reference,
            actor: "ada",
            reason: "wrong",
            since: now
        )
        edit { $0.holds.append(hold) }
    }

    // MARK: What hosts do

    /// As ReplicaLifecycle settles it.
    func goBack(
        _ host: DeploymentPicture.Host,
        _ item: AssignmentItem,
        _ turn: AssignmentItem.Turn,
        _ report: inout ReplicaReport
    ) {
        switch host.currentReport?.receipt {
        case .failed, .noTarget:
            if let settled = host.currentReport { report = settled }
            return
        case .done, .unaffected, .inProgress, .offline, .pinned, nil: break
        }
        let target = item.revision?.reference ?? good[host.id]?.last { item.holds.condemning($0) == nil }
        report.goal = target
        guard let serving = host.report?.serving, item.holds.condemning(serving) != nil else {
            report.receipt = .unaffected(serving: host.report?.serving)
            return
        }
        if pinned.contains(host.id) {
            report.pin = LocalPin(actor: "bob", reason: "a demo", since: now)
            report.receipt = .pinned
        } else if target == nil {
            report.state = .revertFailed
            report.receipt = .noTarget(item.onFailure)
            if item.onFailure == .stop { (report.serving, report.endpoint) = (nil, nil) }
        } else if turn == .wait {
            report.state = .staged
            report.receipt = .inProgress(.staged)
        } else if stuckHosts.contains(host.id) {
            report.state = .revertFailed
            report.receipt = .failed(cause: "the port is taken", serving: item.onFailure == .stop ? nil : serving)
            if item.onFailure == .stop { (report.serving, report.endpoint) = (nil, nil) }
        } else if let target {
            report.serving = target
            report.endpoint = item.endpoint
            report.receipt = .done(serving: target)
        }
    }

    func wayBack(of host: DeploymentPicture.Host) -> RollbackReadiness? {
        guard let serving = host.report?.serving else { return nil }
        let way = good[host.id]?.last { reference in
            reference != serving && host.item?.holds.condemning(reference) == nil
        }
        return RollbackReadiness(way == nil ? .none : .ready, revision: way)
    }
}

extension RollbackEntry {
    /// In short, for a failure's reader.
    var words: String { "\(rollback) w\(wave) \(turn?.rawValue ?? "-") \(receipt.kind.rawValue)" }
}
