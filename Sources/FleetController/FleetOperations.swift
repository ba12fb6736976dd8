package import Fleet
import FleetMetrics
import FleetPlanning
import FleetSecurity
package import FleetStore
import Logging

/// What operators can ask of the controller: the whole of the operator API, without HTTP.
///
/// Every method reads one snapshot or writes one transaction; what it returned is on disk. Errors are `ControllerError`.
package final class FleetOperations: Sendable {
    let store: FleetDatabase
    let directory: HostDirectory
    let blobs: BlobDirectory
    let authority: CertificateAuthority
    let planning: PlanningLoop
    let step: PlanStep
    let environment: ControllerEnvironment
    let term: UInt64
    let telemetry: TelemetryMemory
    let requests: HostRequests
    let operators = OperatorMemory()
    /// How many leases have come.
    let leases: @Sendable () -> UInt64
    /// The controller's version.
    package let version: String

    init(
        store: FleetDatabase,
        directory: HostDirectory,
        blobs: BlobDirectory,
        authority: CertificateAuthority,
        planning: PlanningLoop,
        environment: ControllerEnvironment,
        term: UInt64,
        telemetry: TelemetryMemory,
        requests: HostRequests,
        leases: @escaping @Sendable () -> UInt64,
        version: String
    ) {
        self.store = store
        self.directory = directory
        self.blobs = blobs
        self.authority = authority
        self.planning = planning
        self.environment = environment
        self.term = term
        self.telemetry = telemetry
        self.requests = requests
        self.leases = leases
        self.version = version
        step = PlanStep(directory: directory, environment: environment)
    }

    /// Who a bearer token belongs to.
    ///
    /// - Throws: `unauthenticated`.
    package func identify(bearer: String) async throws -> OperatorIdentity {
        let refusal = ControllerError(
            .unauthenticated,
            "the bearer token is not one that this controller knows",
            hint: "log in again: muster login URL --credentials FILE"
        )
        let record = try await operators.record(Digest(of: bearer.utf8)) {
            guard let token = try? OperatorToken.parse(bearer) else { return nil }
            return try await self.read { try $0.operatorToken(hash: token.secretHash) }
        }
        guard let record else { throw refusal }
        if record.isExpired(at: environment.now()), let end = record.expiresAt {
            throw ControllerError(
                .unauthenticated,
                "the bearer token of \(record.name) has expired at \(end)",
                hint: "ask an admin for a new one: muster operator token create \(record.name) "
                    + "--role \(record.role.rawValue)"
            )
        }
        return OperatorIdentity(name: record.name, role: record.role)
    }

    /// What a request held that bore this mark's name and has changed something, whatever became of its answer; `nil` where
    /// none has within ``FleetStore/RequestMark/lifetime``.
    package func request(named name: Digest) async throws -> Digest? {
        let oldest = Instant(milliseconds: environment.now().milliseconds - RequestMark.lifetime.milliseconds)
        return try await read { try $0.request(named: name, since: oldest) }
    }

    /// How many writes of the store have ended, failed ones included: what was read before and after the same number is the
    /// same.
    package var writes: UInt64 { store.writeDurations.count }

    /// The store's newest revision.
    package func revision() async throws -> UInt64 {
        try await read { try $0.revision() }
    }

    /// What changes after a revision, in order and without gaps.
    package func watch(from revision: UInt64) -> FleetWatch {
        store.watch(from: revision)
    }

    // MARK: For the extensions

    /// What people see of one snapshot.
    func views(_ reader: FleetReader) -> ViewBuilder {
        ViewBuilder(reader: reader, directory: directory, now: environment.now(), trouble: store.trouble)
    }

    /// Sends what a person's transaction stored, and lets the planning loop go on from there.
    func carryOut(_ outcome: PlanStep.Outcome) {
        planning.carryOut(outcome)
        planning.deploymentsChanged(outcome.deployments)
    }

    func read<Value: Sendable>(_ body: @Sendable (FleetReader) throws -> Value) async throws -> Value {
        do {
            return try await store.read(body)
        } catch {
            throw Self.lifted(error)
        }
    }

    func write<Value: Sendable>(
        by identity: OperatorIdentity,
        reason: String?,
        _ body: @escaping @Sendable (FleetWriter) throws -> Value
    ) async throws -> Value {
        do {
            let change = Change(
                actor: identity.name,
                reason: reason,
                now: environment.now(),
                term: term,
                request: identity.request
            )
            return try await store.write(change, body)
        } catch {
            throw Self.lifted(error)
        }
    }

    private static func lifted(_ error: any Error) -> any Error {
        if let refusal = error as? RolloutRefusal {
            return ControllerError(.conflict, refusal.why, hint: refusal.next, meaning: .rolloutState)
        }
        guard let error = error as? FleetStoreError else { return error }
        let code: ControllerError.Code =
            switch error.code {
            case .notFound: .notFound
            case .conflict, .immutable, .inUse, .removing, .tokenUsed, .tokenExpired, .tokenUnknown: .conflict
            case .overloaded: .overloaded
            case .unavailable, .fenced, .corrupt: .unavailable
            case .incompatible, .misuse: .internal
            }
        return ControllerError(code, error.message, cause: error, meaning: meaning(of: error.code))
    }

    private static func meaning(of code: FleetStoreError.Code) -> MessageCode? {
        switch code {
        case .conflict: .changedMeanwhile
        case .immutable: .immutable
        case .inUse: .inUse
        case .removing: .beingRemoved
        case .tokenUsed, .tokenExpired, .tokenUnknown: .tokenUseless
        case .unavailable, .fenced: .storeUnavailable
        case .corrupt: .storeDamaged
        case .notFound, .overloaded, .incompatible, .misuse: nil
        }
    }
}
