package import Fleet

extension ReplicaRecord {
    /// The revisions whose files must stay on disk: what may be started or gone back to without asking anybody (DESIGN §1),
    /// and what an item that has not ended may be fetching, or has staged.
    package var protectedRevisions: [RevisionReference] {
        guard !isRemoved else { return [] }
        var protected = [serving, standing, previous, provisional, passage?.goal, rollbackTarget]
        // Whichever of them is condemned next, the way back from it must be here.
        protected += [standing, serving, passage?.goal].map { wayBack(from: $0) }
        if item?.number != settlement?.item { protected.append(item?.revision?.reference) }
        return protected.compactMap { $0 }
    }

    /// Notes that a revision's files are here.
    mutating func noteFiles(of digest: Digest) {
        if !files.contains(digest) { files.append(digest) }
    }

    /// Forgets whose files may have been collected: those that nothing protects any more.
    mutating func forgetFiles() {
        guard !files.isEmpty else { return }
        let protected = protectedRevisions
        files.removeAll { digest in !protected.contains { $0.digest == digest } }
    }

    /// The newest good revision, not condemned, whose content differs from what is left.
    package func wayBack(from left: RevisionReference?) -> RevisionReference? {
        good.last { !condemns($0) && $0.written != left?.written && $0.digest != left?.digest }
    }
}
