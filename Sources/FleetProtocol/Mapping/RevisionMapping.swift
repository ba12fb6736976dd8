package import Fleet

import struct FoundationEssentials.Data

extension WireRevisionReference {
    package init(_ reference: RevisionReference) {
        self.init()
        number = reference.number
        digest = Data(reference.digest.bytes)
        written = Data(reference.written.bytes)
    }

    package func reference(_ field: String) throws(ProtocolError) -> RevisionReference {
        guard let digest = Digest(bytes: digest), let written = Digest(bytes: written) else {
            throw ProtocolError(field: field, problem: "holds a digest that is not 32 bytes")
        }
        return RevisionReference(number: number, digest: digest, written: written)
    }
}

extension WireRevision {
    package init(_ revision: Revision) {
        self.init()
        reference = WireRevisionReference(revision.reference)
        canonical = Data(revision.bytes)
    }

    package func revision(_ field: String) throws(ProtocolError) -> Revision {
        let known = try reference.reference("\(field).reference")
        guard
            let revision = Revision(
                number: known.number,
                digest: known.digest,
                written: known.written,
                bytes: Array(canonical)
            )
        else {
            throw ProtocolError(field: field, problem: "has bytes that do not have its digest")
        }
        return revision
    }
}

extension WireHold {
    package init(_ hold: Hold) {
        self.init()
        id = hold.id
        revision = WireRevisionReference(hold.revision)
        actor = hold.actor
        reason = hold.reason
        sinceMs = hold.since.milliseconds
        if let rollback = hold.rollback { self.rollback = rollback }
    }

    package func hold(deployment: String) throws(ProtocolError) -> Hold {
        Hold(
            id: id,
            deployment: deployment,
            revision: try revision.reference("Hold.revision"),
            actor: actor,
            reason: reason,
            since: Instant(milliseconds: sinceMs),
            rollback: rollback.isEmpty ? nil : rollback
        )
    }
}
