package import Fleet
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
        guard let token = try? OperatorToken.parse(bearer) else { throw refusal }
        let record = try await read { try $0.operatorToken(hash: token.secretHash) }
        guard let record else { throw refusal }
        return OperatorIdentity(name: record.name, role: record.role.rawValue)
    }

    /// What changes after a revision, in order and without gaps.
    package func watch(from revision: UInt64) -> FleetWatch {
        store.watch(from: revision)
    }

    /// Makes enrolment tokens; each lets one host enrol, with these labels.
    ///
    /// - Parameter timeToLive: at most an hour.
    package func makeHostTokens(
        count: Int,
        labels: [String: String],
        timeToLive: Span,
        by identity: OperatorIdentity
    ) async throws -> HostTokensView {
        try identity.check(.admin, to: "make enrolment tokens")
        guard (1...10_000).contains(count) else {
            throw ControllerError(.invalid, "count is \(count)", hint: "ask for 1 to 10000 tokens")
        }
        guard timeToLive > .seconds(0), timeToLive <= .seconds(3600) else {
            throw ControllerError(.invalid, "ttl is \(timeToLive)", hint: "a token lives at most 1h")
        }
        for (key, value) in labels {
            if let reason = NameRule.problem(withLabelKey: key) ?? NameRule.problem(withLabelValue: value) {
                throw ControllerError(.invalid, "the label '\(key)=\(value)' \(reason)")
            }
        }
        let expiresAt = environment.now() + timeToLive
        let tokens = (0..<count).map { _ in EnrolmentToken.generate(authority: authority.digest) }
        try await write(by: identity, reason: nil) { writer in
            for token in tokens {
                try writer.putEnrolmentToken(hash: token.secretHash, labels: labels, expiresAt: expiresAt)
            }
        }
        return HostTokensView(tokens: tokens.map(\.text), expiresAt: expiresAt, labels: labels)
    }

    // MARK: For the extensions

    /// What people see of one snapshot.
    func views(_ reader: FleetReader) -> ViewBuilder {
        ViewBuilder(reader: reader, directory: directory, now: environment.now())
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
            let change = Change(actor: identity.name, reason: reason, now: environment.now(), term: term)
            return try await store.write(change, body)
        } catch {
            throw Self.lifted(error)
        }
    }

    private static func lifted(_ error: any Error) -> any Error {
        if let refusal = error as? RolloutRefusal {
            return ControllerError(.conflict, refusal.why, hint: refusal.next)
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
        return ControllerError(code, error.message, cause: error)
    }
}
