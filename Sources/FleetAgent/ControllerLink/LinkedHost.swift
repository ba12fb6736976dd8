package import Fleet

/// What the link needs from the host's supervising loop.
package protocol LinkedHost: Sendable {
    /// The newest assignment in the journal; `none` when there is none.
    func newestAssignment() async -> AssignmentVersion

    /// The newest that the host says about itself, under this sequence number.
    func report(sequence: UInt64) async -> HostReport

    /// What stands in the outbox after an entry, oldest first; at most 256 of it.
    func outcomes(after sequence: UInt64) async -> [HostOutcome]

    /// The newest entry of the outbox; 0 when there never was one.
    func newestOutcome() async -> UInt64

    /// Entries up to and including this one are stored by the controller: forget them.
    func outcomesStored(through sequence: UInt64) async

    /// Journals an assignment and acts on it; returns when it is journalled. An older one is ignored. When it cannot be
    /// journalled now, it waits for that: then `newestAssignment` is still an older one.
    func take(_ assignment: Assignment) async throws

    /// Waits for the supervising loop's next turn and returns how many there were: a wedged loop sends no lease.
    func leaseTurn() async -> UInt64

    /// There is a session with the controller.
    func sessionBegan()

    /// There is none any more; the controller was last heard so long ago. A host begins without a session.
    func sessionLost(silence: Span)

    /// Yields whenever the report or the outbox has changed; changes that come together may become one. A new stream for
    /// each session.
    func changes() -> AsyncStream<Void>

    /// The boot that the host is in: the kernel's boot id and the start time of pid 1.
    var boot: String { get }
}
