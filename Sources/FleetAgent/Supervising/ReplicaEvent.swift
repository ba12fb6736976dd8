import Fleet

/// What became of an effect, for one deployment's machine.
enum ReplicaEvent: Sendable {
    /// So many bytes of the revision that is being staged are here.
    case fetched(Digest, bytes: Int64)
    /// Which staging it was tells the cancellation with which it was ordered: the same files may be staged again for
    /// another endpoint, and what an older staging found is no answer to that.
    case staged(Digest, RuntimeProfile.Update, Cancellation)
    case stagingFailed(Digest, ReplicaFailure.Kind, cause: String, Cancellation)
    case started(attempt: UInt64, ReplicaReport.Instance)
    case startFailed(attempt: UInt64, cause: String)
    case ready(attempt: UInt64)
    case unready(attempt: UInt64, cause: String)
    case exited(attempt: UInt64, cause: String)
    case stopped(attempt: UInt64)
    case stopOverdue(attempt: UInt64, cause: String)
    case switched(attempt: UInt64)
    case switchFailed(attempt: UInt64, cause: String)
    case connections(attempt: UInt64, Int)
    case probePassed(attempt: UInt64)
    case probeFailed(attempt: UInt64, cause: String)
}
