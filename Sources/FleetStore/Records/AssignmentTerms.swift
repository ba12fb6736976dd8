import Fleet

/// What the items of one deployment have in common at a time: everything but the order and the revision. Kept once for
/// all hosts, so that an item is a few numbers however many revisions and holds it names.
struct AssignmentTerms: Hashable, Sendable, Codable {
    var name: String
    var endpoint: Endpoint?
    var adoptsPort: Bool?
    var stableFor: Span
    var rollbackStableFor: Span
    var onFailure: AssignmentItem.OnFailure
    var succeeded: [RevisionReference]
    var holds: [Hold]

    init(of item: AssignmentItem) {
        name = item.name
        endpoint = item.endpoint
        adoptsPort = item.adoptsPort
        stableFor = item.stableFor
        rollbackStableFor = item.rollbackStableFor
        onFailure = item.onFailure
        succeeded = item.succeeded
        holds = item.holds
    }

    /// Tells terms apart within a deployment: much cheaper to make than JSON.
    var digest: Digest {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(128 + 72 * succeeded.count + 256 * holds.count)
        func add(_ number: UInt64) { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
        func add(_ text: String) {
            add(UInt64(text.utf8.count))
            bytes.append(contentsOf: text.utf8)
        }
        func add(_ reference: RevisionReference) {
            add(reference.number)
            bytes.append(contentsOf: reference.digest.bytes)
            bytes.append(contentsOf: reference.written.bytes)
        }
        add(name)
        add(endpoint.map { UInt64($0.port) } ?? 0)
        add(endpoint?.to ?? "")
        add(UInt64(bitPattern: stableFor.milliseconds))
        add(UInt64(bitPattern: rollbackStableFor.milliseconds))
        add(onFailure.rawValue)
        add(UInt64(succeeded.count))
        for reference in succeeded { add(reference) }
        for hold in holds {
            for text in [hold.id, hold.deployment, hold.actor, hold.reason] { add(text) }
            add(hold.revision)
            add(UInt64(bitPattern: hold.since.milliseconds))
            // Only where there is one: what is stored from before has a digest without it.
            if let rollback = hold.rollback { add(rollback) }
        }
        if adoptsPort == true { add("adopts") }
        return Digest(of: bytes)
    }

    /// The item of one host.
    func item(of deployment: String, number: UInt64, order: AssignmentItem.Order, revision: Revision?) -> AssignmentItem
    {
        AssignmentItem(
            deployment: deployment,
            name: name,
            number: number,
            order: order,
            revision: revision,
            endpoint: endpoint,
            adoptsPort: adoptsPort,
            stableFor: stableFor,
            rollbackStableFor: rollbackStableFor,
            onFailure: onFailure,
            succeeded: succeeded,
            holds: holds
        )
    }
}
