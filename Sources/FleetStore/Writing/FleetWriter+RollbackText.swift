import Fleet

/// What the audit keeps of rollbacks: JSON with sorted keys.
extension FleetWriter {
    /// The whole command; times in milliseconds.
    static func json(_ rollback: Rollback, deployments: [String]) -> String {
        var members: [String: JSONValue] = [
            "id": .string(rollback.id),
            "actor": .string(rollback.actor),
            "reason": .string(rollback.reason),
            "at": .integer(rollback.at.milliseconds),
            "deployments": .array(deployments.map { .string($0) }),
            "scope": .string(words(rollback.scope)),
            "to": .string(words(rollback.to)),
            "strategy": .string(rollback.strategy.rawValue),
            "onFailure": .string(rollback.onFailure.rawValue),
            "drill": .boolean(rollback.isDrill),
        ]
        members["hosts"] = rollback.hosts.map { .string($0) }
        if let undone = rollback.undone {
            members["undone"] = .object([
                "actor": .string(undone.actor), "at": .integer(undone.at.milliseconds),
            ])
        }
        return JSONValue.object(members).compactText
    }

    /// Who asked, what the host served from when to when, what it serves since, and when that was proven.
    static func json(_ entry: RollbackEntry, of rollback: Rollback, served: ServingSpan?) -> String {
        var members: [String: JSONValue] = [
            "rollback": .string(rollback.id),
            "askedBy": .string(rollback.actor),
            "askedAt": .integer(rollback.at.milliseconds),
            "deployment": .string(entry.deployment),
            "host": .string(entry.host),
            "hostName": .string(entry.name),
            "receipt": .string(entry.receipt.kind.rawValue),
            "receiptAt": .integer(entry.receiptAt.milliseconds),
        ]
        switch entry.receipt {
        case .failed(let cause, _): members["cause"] = .string(cause)
        case .noTarget(let onFailure): members["cause"] = .string(onFailure.rawValue)
        case .done, .unaffected, .inProgress, .offline, .pinned: break
        }
        members["from"] = entry.from.map(value)
        members["fromSince"] = served.map { .integer($0.since.milliseconds) }
        members["fromUntil"] = served?.until.map { .integer($0.milliseconds) }
        members["to"] = entry.to.map(value)
        members["serving"] = entry.receipt.serving.map(value)
        members["provenAt"] = entry.provenAt.map { .integer($0.milliseconds) }
        return JSONValue.object(members).compactText
    }

    private static func value(_ reference: RevisionReference) -> JSONValue {
        .object([
            "number": .integer(Int64(clamping: reference.number)),
            "digest": .string(reference.digest.description),
            "written": .string(reference.written.description),
        ])
    }

    private static func words(_ scope: Rollback.Scope) -> String {
        switch scope {
        case .deployments(let names): "deployments \(names.joined(separator: ", "))"
        case .selector(let text): "selector \(text)"
        case .all: "all"
        }
    }

    private static func words(_ destination: Rollback.Destination) -> String {
        switch destination {
        case .lastGood: "last good"
        case .version(let version): "version \(version)"
        case .time(let time): "time \(time)"
        }
    }
}
