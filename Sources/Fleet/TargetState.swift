/// Where one host stands with one item, in the words of DESIGN §7 and §8.
package enum TargetState: String, Hashable, Sendable, Codable, CaseIterable {
    /// Not begun.
    case pending
    /// Files are being fetched and verified.
    case staging
    /// Files are on disk, verified.
    case staged
    /// recreate: the old replica is being stopped.
    case stoppingOld
    /// The process was started; its port is not open, or its model not ready.
    case starting
    /// The golden probe is being asked.
    case probing
    /// It is proven; the endpoint is being pointed at it.
    case switching
    /// It serves; everything must stay green for `stableFor`.
    case observing
    /// Proven.
    case verified
    /// It failed; see the cause.
    case failed
    /// It failed; what served before is being started again.
    case reverting
    /// It failed; what served before serves again.
    case reverted
    /// It failed, and so did the way back.
    case revertFailed
    /// The replica is being stopped for good.
    case removing
    /// Stopped for good and forgotten.
    case removed

    /// Whether nothing more happens by itself.
    package var isTerminal: Bool {
        switch self {
        case .verified, .reverted, .revertFailed, .removed: true
        case .pending, .staging, .staged, .stoppingOld, .starting, .probing, .switching, .observing, .failed,
            .reverting,
            .removing:
            false
        }
    }
}
