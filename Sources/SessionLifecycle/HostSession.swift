package import Fleet

/// The controller's end of one control connection.
///
/// ```
/// awaitingHello ──helloReceived──▶ established ──closed──▶ (gone)
/// ```
///
/// Three kinds of wrong: a message before Hello, or a second Hello, is a protocol error (thrown); a status older than
/// one that arrived is a legal race (dropped); nothing here is unreachable.
package struct HostSession: Sendable {
    /// What a Hello says that the controller decides by.
    package struct Hello: Hashable, Sendable {
        /// The oldest version the agent speaks.
        package var oldest: UInt32
        /// The newest version the agent speaks.
        package var newest: UInt32
        /// Made at enrolment.
        package var instance: String
        /// The newest assignment in the agent's journal.
        package var assignment: AssignmentVersion

        /// What a Hello says.
        package init(oldest: UInt32, newest: UInt32, instance: String, assignment: AssignmentVersion) {
            self.oldest = oldest
            self.newest = newest
            self.instance = instance
            self.assignment = assignment
        }
    }

    /// Why a session cannot be.
    package struct Violation: Error, Hashable, Sendable {
        /// For the agent's log.
        package let message: String
    }

    /// What a Hello leads to.
    package enum OnHello: Hashable, Sendable {
        /// Answer with a Welcome; then send the assignment if the host does not have it.
        case welcome(version: UInt32)
        /// Nothing both speak: say goodbye.
        case incompatible
        /// Not the instance that enrolled: say goodbye.
        case wrongInstance
    }

    /// What a Status leads to.
    package enum OnStatus: Hashable, Sendable {
        /// Take it.
        case store
        /// Older than one that arrived: drop it.
        case drop
    }

    private enum State: Sendable {
        case awaitingHello
        case established
    }

    private var state: State = .awaitingHello
    /// When the last lease arrived, or the session began.
    package private(set) var lastLease: Instant
    /// The number of the newest lease.
    package private(set) var lease: UInt64 = 0
    /// The newest status that arrived in this session.
    package private(set) var status: UInt64 = 0

    /// A connection was made.
    package init(now: Instant) {
        lastLease = now
    }

    /// Whether the Hello has been taken.
    package var isEstablished: Bool {
        if case .established = state { true } else { false }
    }

    /// The Hello arrived.
    ///
    /// - Parameter enrolled: the instance id that the host enrolled with.
    package mutating func helloReceived(
        _ hello: Hello,
        enrolled: String,
        now: Instant
    ) throws(Violation) -> OnHello {
        guard case .awaitingHello = state else { throw Violation(message: "a second Hello on one session") }
        guard hello.instance == enrolled else { return .wrongInstance }
        guard let version = LinkProtocol.agreed(oldest: hello.oldest, newest: hello.newest) else {
            return .incompatible
        }
        state = .established
        lastLease = now
        return .welcome(version: version)
    }

    /// A Lease arrived; it is always answered by an Ack.
    package mutating func leaseReceived(number: UInt64, now: Instant) throws(Violation) {
        try checkEstablished()
        lease = max(lease, number)
        lastLease = now
    }

    /// A Status arrived.
    package mutating func statusReceived(sequence: UInt64) throws(Violation) -> OnStatus {
        try checkEstablished()
        guard sequence > status else { return .drop }
        status = sequence
        return .store
    }

    /// An Outbox or an assignment's acknowledgement arrived.
    package func messageReceived() throws(Violation) {
        try checkEstablished()
    }

    private func checkEstablished() throws(Violation) {
        guard isEstablished else { throw Violation(message: "the first message of a session must be Hello") }
    }
}
