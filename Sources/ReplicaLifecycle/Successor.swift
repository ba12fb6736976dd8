import Fleet

/// The second process of a deployment, beside what serves.
///
/// ```
/// advancing(starting ─▶ probing ─▶ switching ─▶ observing) ─▶ takes the old one's place, which drains
///                          │ where the endpoint's port is bound
///                          ▼
///                     withdrawing ─▶ the old one stops, and the proven revision starts on the public port
/// ```
enum Successor: Sendable {
    /// It is being proven while the old one serves.
    case advancing(Advance)
    /// It was proven on a private port, and is stopped to be started on the public one.
    case withdrawing(Withdrawing)

    struct Withdrawing: Sendable {
        var passage: Passage
        var process: ReplicaProcess

        init(from probing: Advance.Probing) {
            passage = probing.passage
            process = probing.process
        }
    }

    /// The process.
    var process: ReplicaProcess {
        switch self {
        case .advancing(let advance): advance.process
        case .withdrawing(let withdrawing): withdrawing.process
        }
    }

    /// Where it leads.
    var passage: Passage {
        switch self {
        case .advancing(let advance): advance.passage
        case .withdrawing(let withdrawing): withdrawing.passage
        }
    }
}
