import Fleet

/// What local commands ask of the supervising loop.
extension Supervisor: LocalHost {
    func localReport() async -> HostReport { board.report(sequence: 0) }

    func localReplicas() async -> [String: LocalReplica] { board.records.mapValues { LocalReplica($0) } }

    func carryOut(_ order: LocalOrder, on deployment: String) async -> String? {
        let (answers, continuation) = AsyncStream.makeStream(of: String.self)
        guard tell(.ordered(order, deployment: deployment, answered: continuation)) else {
            return "the agent takes no order now: it stops, or has more to do than it can; ask again in a moment"
        }
        for await refusal in answers { return refusal }
        return nil
    }
}
