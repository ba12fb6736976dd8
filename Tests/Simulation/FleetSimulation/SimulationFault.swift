/// What may go wrong in a history.
package enum SimulationFault: String, CaseIterable, Sendable {
    // Hosts.
    case agentCrash, crashAtWrite, crashInMove, powerCut, neverReturns, reinstalled, clockJump
    // The network.
    case linkBreak, partition, sitePartition, darkInMove, delayed, duplicated, reordered
    // Files.
    case slowFetch, stalledFetch, failedFetch, wrongDigest, refused
    // Model servers.
    case startFails, slowStart, probeFails, probeHangs, crashes, flapping, switchFails
    // The controller.
    case controllerCrash, controllerCrashAtCommit, controllerClock, restore
    // What the guards say.
    case guards
    // Whoever has a shell on a host.
    case localOrder, diskFull
    // What an agent remembers by.
    case journalFails

    /// How often by default: a chance for each occasion, or a number a host and hour (a number an hour for what is the
    /// controller's or the network's).
    var rate: Double {
        switch self {
        case .agentCrash: 0.15
        case .crashAtWrite: 0.004
        case .crashInMove: 0.02
        case .powerCut: 0.08
        case .neverReturns: 0.006
        case .reinstalled: 0.01
        case .clockJump: 0.05
        case .linkBreak: 0.4
        case .partition: 0.15
        case .sitePartition: 0.15
        case .darkInMove: 0.02
        case .delayed: 0.02
        case .duplicated: 0.02
        case .reordered: 0.02
        case .slowFetch: 0.05
        case .stalledFetch: 0.02
        case .failedFetch: 0.02
        case .wrongDigest: 0.003
        case .refused: 0.02
        case .startFails: 0.01
        case .slowStart: 0.02
        case .probeFails: 0.01
        case .probeHangs: 0.005
        case .crashes: 0.15
        case .flapping: 0.15
        case .switchFails: 0.02
        case .controllerCrash: 0.25
        case .controllerCrashAtCommit: 0.004
        case .controllerClock: 0.05
        case .restore: 0.03
        case .guards: 0.1
        case .localOrder: 0.08
        case .diskFull: 0.04
        case .journalFails: 0.05
        }
    }
}
