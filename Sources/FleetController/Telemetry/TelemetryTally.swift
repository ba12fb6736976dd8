/// What the controller has done with telemetry since its start.
struct TelemetryTally: Hashable, Sendable {
    /// Why a batch, or a roll-up, was let go.
    enum Shed: String, Hashable, Sendable, CaseIterable {
        /// One host sends more than it may.
        case hostRate = "host_rate"
        /// All hosts together send more than this controller takes.
        case rate
        /// It is too large, or no batch.
        case invalid
        /// More waits for the store than may wait: the store is slow.
        case store
    }

    /// Batches taken.
    var batches: UInt64 = 0
    /// Records in them that were new.
    var records: UInt64 = 0
    /// What was let go.
    var shed: [Shed: UInt64] = [:]
    /// Roll-ups written.
    var rollUps: UInt64 = 0
    /// Writes of roll-ups that failed.
    var failedWrites: UInt64 = 0
}
