import Fleet

/// The written form: each revision's bytes stand once, as the text that they are.
extension ReplicaRecord: Codable {
    private enum Key: String, CodingKey {
        case deployment, item, goal, goalNumber, serving, standing, endpoint, previous, good, provisional, holds,
            passage,
            settlement
        case revisions, attempt, standingAttempt, sideBySide, pin, left, kept, next, nextGoal, nextNumber, turn,
            files, adopted
    }

    private struct Text: Codable {
        var number: UInt64
        var digest: Digest
        var written: Digest
        var content: String
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.init(deployment: try container.decode(String.self, forKey: .deployment))
        revisions = try container.decode([Text].self, forKey: .revisions).map { text in
            let bytes = Array(text.content.utf8)
            guard
                let revision = Revision(number: text.number, digest: text.digest, written: text.written, bytes: bytes)
            else {
                throw DecodingError.dataCorruptedError(
                    forKey: .revisions,
                    in: container,
                    debugDescription: "the content of revision \(text.number) does not have its digest"
                )
            }
            return revision
        }
        item = try container.decodeIfPresent(AssignmentItem.self, forKey: .item)
        if let goal = try container.decodeIfPresent(Digest.self, forKey: .goal) {
            item?.revision = revisions.first { $0.digest == goal }
            // The same content may have been written again since, under another number.
            if let number = try container.decodeIfPresent(UInt64.self, forKey: .goalNumber) {
                item?.revision?.number = number
            }
        }
        serving = try container.decodeIfPresent(RevisionReference.self, forKey: .serving)
        standing = try container.decodeIfPresent(RevisionReference.self, forKey: .standing)
        endpoint = try container.decodeIfPresent(Endpoint.self, forKey: .endpoint)
        adopted = try container.decodeIfPresent(UInt16.self, forKey: .adopted)
        previous = try container.decodeIfPresent(RevisionReference.self, forKey: .previous)
        good = try container.decode([RevisionReference].self, forKey: .good)
        provisional = try container.decodeIfPresent(RevisionReference.self, forKey: .provisional)
        holds = try container.decode([Hold].self, forKey: .holds)
        passage = try container.decodeIfPresent(Passage.self, forKey: .passage)
        settlement = try container.decodeIfPresent(Settlement.self, forKey: .settlement)
        attempt = try container.decode(UInt64.self, forKey: .attempt)
        // Younger than the first journals.
        standingAttempt = try container.decodeIfPresent(UInt64.self, forKey: .standingAttempt)
        sideBySide = try container.decodeIfPresent([Digest].self, forKey: .sideBySide) ?? []
        pin = try container.decodeIfPresent(LocalPin.self, forKey: .pin)
        left = try container.decodeIfPresent(RevisionReference.self, forKey: .left)
        kept = try container.decodeIfPresent(Digest.self, forKey: .kept)
        turn = try container.decodeIfPresent(String.self, forKey: .turn)
        next = try container.decodeIfPresent(AssignmentItem.self, forKey: .next)
        if let goal = try container.decodeIfPresent(Digest.self, forKey: .nextGoal) {
            next?.revision = revisions.first { $0.digest == goal }
            if let number = try container.decodeIfPresent(UInt64.self, forKey: .nextNumber) {
                next?.revision?.number = number
            }
        }
        if let files = try container.decodeIfPresent([Digest].self, forKey: .files) {
            self.files = files
        } else {
            // Older journals: what is protected is here, but for what may be on its way.
            var bare = self
            bare.item = nil
            files = bare.protectedRevisions.map(\.digest)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        var bare = item
        bare?.revision = nil
        try container.encode(deployment, forKey: .deployment)
        try container.encodeIfPresent(bare, forKey: .item)
        try container.encodeIfPresent(item?.revision?.digest, forKey: .goal)
        try container.encodeIfPresent(item?.revision?.number, forKey: .goalNumber)
        try container.encodeIfPresent(serving, forKey: .serving)
        try container.encodeIfPresent(standing, forKey: .standing)
        try container.encodeIfPresent(endpoint, forKey: .endpoint)
        try container.encodeIfPresent(adopted, forKey: .adopted)
        try container.encodeIfPresent(previous, forKey: .previous)
        try container.encode(good, forKey: .good)
        try container.encodeIfPresent(provisional, forKey: .provisional)
        try container.encode(holds, forKey: .holds)
        try container.encodeIfPresent(passage, forKey: .passage)
        try container.encodeIfPresent(settlement, forKey: .settlement)
        let texts = revisions.map { revision in
            Text(
                number: revision.number,
                digest: revision.digest,
                written: revision.written,
                content: String(decoding: revision.bytes, as: UTF8.self)
            )
        }
        try container.encode(texts, forKey: .revisions)
        try container.encode(attempt, forKey: .attempt)
        try container.encodeIfPresent(standingAttempt, forKey: .standingAttempt)
        if !sideBySide.isEmpty { try container.encode(sideBySide, forKey: .sideBySide) }
        try container.encodeIfPresent(pin, forKey: .pin)
        try container.encodeIfPresent(left, forKey: .left)
        try container.encodeIfPresent(kept, forKey: .kept)
        try container.encodeIfPresent(turn, forKey: .turn)
        bare = next
        bare?.revision = nil
        try container.encodeIfPresent(bare, forKey: .next)
        try container.encodeIfPresent(next?.revision?.digest, forKey: .nextGoal)
        try container.encodeIfPresent(next?.revision?.number, forKey: .nextNumber)
        try container.encode(files, forKey: .files)
    }
}
