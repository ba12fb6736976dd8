import Fleet

/// What local commands ask of the supervising loop.
protocol LocalHost: Sendable {
    /// The newest that the host says about every deployment.
    func localReport() async -> HostReport

    /// What only its journal tells, by the deployment's uid.
    func localReplicas() async -> [String: LocalReplica]

    /// Carries out an order on one deployment, by its uid; returns when it is journalled.
    ///
    /// - Returns: why it was refused; `nil` when it was not.
    func carryOut(_ order: LocalOrder, on deployment: String) async -> String?
}
