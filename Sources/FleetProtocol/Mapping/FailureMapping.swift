package import Fleet

extension WireReplicaFailure {
    package init(_ failure: ReplicaFailure) {
        self.init()
        kind =
            switch failure.kind {
            case .fetch: .fetch
            case .digest: .digest
            case .refused: .refused
            case .transition: .transition
            }
        state = WireTargetState(failure.state)
    }

    /// `nil` for what a newer peer may send: it is kept out of every decision.
    package var failure: ReplicaFailure? {
        guard let state = state.state else { return nil }
        let known: ReplicaFailure.Kind? =
            switch kind {
            case .fetch: .fetch
            case .digest: .digest
            case .refused: .refused
            case .transition: .transition
            case .unspecified, .UNRECOGNIZED: nil
            }
        return known.map { ReplicaFailure(kind: $0, state: state) }
    }
}
