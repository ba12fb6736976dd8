import Fleet
import StoreDriver

extension StoreRow {
    /// A row of the table `rollback`.
    func rollback() throws -> Rollback {
        Rollback(
            id: try text("id"),
            actor: try text("actor"),
            reason: try text("reason"),
            at: try instant("at"),
            scope: try rollbackScope(),
            hosts: try textOrNull("hosts"),
            to: try destination(),
            strategy: try word("strategy"),
            onFailure: try word("on_failure"),
            isDrill: try bool("drill"),
            undone: try undone()
        )
    }

    private func undone() throws -> Rollback.Undo? {
        try instantOrNull("undone_at").map { at in
            Rollback.Undo(actor: try text("undone_by"), at: at, reason: try textOrNull("undone_reason"))
        }
    }

    /// A row of `rollback_order` joined with what it needs of `rollback`.
    func rollbackOrder() throws -> RollbackOrder {
        RollbackOrder(
            rollback: try text("rollback"),
            deployment: try text("deployment"),
            strategy: try word("strategy"),
            onFailure: try word("on_failure"),
            at: try instant("at"),
            target: try textOrNull("digest") == nil ? nil : try revisionReference(),
            drill: try bool("drill"),
            undone: try undone()
        )
    }

    /// A row of the table `rollback_entry`.
    func rollbackEntry() throws -> RollbackEntry {
        RollbackEntry(
            rollback: try text("rollback"),
            deployment: try text("deployment"),
            host: try text("host"),
            name: try text("name"),
            wave: try int("wave"),
            from: try reference("from"),
            to: try reference("to"),
            turn: try textOrNull("turn") == nil ? nil : try word("turn"),
            since: try instant("since"),
            receipt: try receipt(),
            receiptAt: try instant("receipt_at"),
            provenAt: try instantOrNull("proven_at"),
            itemNumber: try numberOrNull("item")
        )
    }

    /// The columns `receipt`, `detail`, `serving_…`.
    func receipt() throws -> Receipt {
        switch try word("receipt", as: Receipt.Kind.self) {
        case .done:
            guard let serving = try reference("serving") else { throw corrupt("receipt", "done", "nothing serves") }
            return .done(serving: serving)
        case .unaffected: return .unaffected(serving: try reference("serving"))
        case .inProgress: return .inProgress(try word("detail"))
        case .offline: return .offline
        case .noTarget: return .noTarget(try word("detail"))
        case .pinned: return .pinned
        case .failed: return .failed(cause: try text("detail"), serving: try reference("serving"))
        }
    }

    /// The columns `NAME_revision`, `NAME_digest`, `NAME_written`.
    private func reference(_ name: String) throws -> RevisionReference? {
        guard let number = try numberOrNull("\(name)_revision") else { return nil }
        return RevisionReference(
            number: number,
            digest: try digest("\(name)_digest"),
            written: try digest("\(name)_written")
        )
    }

    private func rollbackScope() throws -> Rollback.Scope {
        let word = try text("scope")
        switch word {
        case "deployments": return .deployments(try json("scope_value"))
        case "selector": return .selector(try text("scope_value"))
        case "all": return .all
        default: throw corrupt("scope", word, "it is none")
        }
    }

    private func destination() throws -> Rollback.Destination {
        let word = try text("destination")
        switch word {
        case "lastGood": return .lastGood
        case "version": return .version(try text("destination_value"))
        case "time":
            let value = try text("destination_value")
            guard let time = Int64(value) else { throw corrupt("destination_value", value, "it is no time") }
            return .time(Instant(milliseconds: time))
        default: throw corrupt("destination", word, "it is none")
        }
    }
}

extension StoreValue {
    /// Three columns: number, digest, digest of what was written.
    static func reference(_ reference: RevisionReference?) -> [StoreValue] {
        guard let reference else { return [.null, .null, .null] }
        return [.number(reference.number), .digest(reference.digest), .digest(reference.written)]
    }
}

extension Receipt {
    /// What serves, where it says so.
    var serving: RevisionReference? {
        switch self {
        case .done(let serving): serving
        case .unaffected(let serving), .failed(_, let serving): serving
        case .inProgress, .offline, .noTarget, .pinned: nil
        }
    }

    /// The columns `receipt`, `detail`, `serving_…`.
    var columns: [StoreValue] {
        let detail: String? =
            switch self {
            case .inProgress(let state): state.rawValue
            case .noTarget(let onFailure): onFailure.rawValue
            case .failed(let cause, _): cause
            case .done, .unaffected, .offline, .pinned: nil
            }
        return [.text(kind.rawValue), .text(orNull: detail)] + StoreValue.reference(serving)
    }
}

extension Rollback.Scope {
    /// The columns `scope`, `scope_value`.
    func columns() throws -> [StoreValue] {
        switch self {
        case .deployments(let names): [.text("deployments"), try .json(names)]
        case .selector(let text): [.text("selector"), .text(text)]
        case .all: [.text("all"), .null]
        }
    }
}

extension Rollback.Destination {
    /// The columns `destination`, `destination_value`.
    var columns: [StoreValue] {
        switch self {
        case .lastGood: [.text("lastGood"), .null]
        case .version(let version): [.text("version"), .text(version)]
        case .time(let time): [.text("time"), .text("\(time.milliseconds)")]
        }
    }
}
