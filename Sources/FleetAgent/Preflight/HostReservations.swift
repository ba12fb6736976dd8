import Fleet
import Synchronization

/// What replicas have reserved on this host. A deployment keeps what its newest start had while nothing of it runs, so that
/// nobody takes the place of one that is being restarted; and what it had before that, so that nobody takes the way back of
/// one that has become smaller. (The latter is known for as long as the agent runs.)
final class HostReservations: Sendable {
    /// An amount of each thing that is counted.
    struct Amount: Sendable, Hashable {
        /// Bytes of memory.
        var memory: Int64 = 0
        /// Accelerators.
        var accelerators: Int64 = 0

        /// What a replica reserves.
        init(_ resources: ReplicaResources? = nil) {
            memory = resources?.memory?.bytes ?? 0
            accelerators = resources?.accelerators ?? 0
        }

        static func + (left: Amount, right: Amount) -> Amount {
            var sum = left
            sum.memory += right.memory
            sum.accelerators += right.accelerators
            return sum
        }
    }

    /// What is reserved, seen from one deployment.
    struct Standing: Sendable, Hashable {
        /// By other deployments.
        var others = Amount()
        /// How many other deployments there are.
        var count = 0
        /// By the deployment's own replicas that run.
        var own = Amount()
        /// By those of them that were to end and do not: nothing that comes after them has it.
        var unending = Amount()
    }

    private struct Book {
        /// By the name of a start.
        var running: [String: (deployment: String, amount: Amount)] = [:]
        /// Those that were killed and live, by the name of a start.
        var unending: Set<String> = []
        /// By deployment: its newest start, and the newest before it that had another amount.
        var kept: [String: (newest: Amount, before: Amount)] = [:]

        mutating func hold(_ resources: ReplicaResources?, deployment: String, start: String) {
            running[start] = (deployment, Amount(resources))
            let amount = Amount(resources)
            let known = kept[deployment]
            guard known?.newest != amount else { return }
            kept[deployment] = (amount, known?.newest ?? amount)
        }

        func standing(of deployment: String, besides start: String?) -> Standing {
            var standing = Standing()
            var sums: [String: Amount] = [:]
            for (name, entry) in running where name != start {
                sums[entry.deployment] = sums[entry.deployment, default: Amount()] + entry.amount
            }
            standing.own = sums.removeValue(forKey: deployment) ?? Amount()
            for (name, entry) in running where entry.deployment == deployment && unending.contains(name) {
                standing.unending = standing.unending + entry.amount
            }
            for other in Set(sums.keys).union(kept.keys) where other != deployment {
                let amounts = [sums[other], kept[other]?.newest, kept[other]?.before].compactMap(\.self)
                standing.others.memory += amounts.map(\.memory).max() ?? 0
                standing.others.accelerators += amounts.map(\.accelerators).max() ?? 0
                standing.count += 1
            }
            return standing
        }
    }

    private let book = Mutex(Book())

    /// What is reserved besides one start of a deployment.
    func standing(of deployment: String, besides start: String? = nil) -> Standing {
        book.withLock { $0.standing(of: deployment, besides: start) }
    }

    /// Gives a start of a deployment what it asks for, unless something stands in the way.
    ///
    /// - Parameter problems: what does.
    /// - Returns: what did; nothing when it has it.
    func take(
        _ resources: ReplicaResources?,
        deployment: String,
        start: String,
        problems: (Standing) -> [String]
    ) -> [String] {
        book.withLock { book in
            let found = problems(book.standing(of: deployment, besides: start))
            if found.isEmpty { book.hold(resources, deployment: deployment, start: start) }
            return found
        }
    }

    /// A start that was found running has it.
    func hold(_ resources: ReplicaResources?, deployment: String, start: String) {
        book.withLock { $0.hold(resources, deployment: deployment, start: start) }
    }

    /// The start was to end, and does not: its deployment does without what it has.
    func note(unending start: String) { book.withLock { _ = $0.unending.insert(start) } }

    /// The start has ended.
    func release(start: String) {
        book.withLock { book in
            book.running[start] = nil
            book.unending.remove(start)
        }
    }

    /// The deployment has gone from this host.
    func forget(deployment: String) { book.withLock { $0.kept[deployment] = nil } }
}
