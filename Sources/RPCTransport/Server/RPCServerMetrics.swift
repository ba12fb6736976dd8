/// What a server has counted since it started, at one moment.
package struct RPCServerMetrics: Sendable, Hashable {
    package var connectionsOpen = 0
    package var connectionsAccepted = 0
    /// Closed at accept because `maximumConnections` was reached.
    package var connectionsRefused = 0
    package var handshakesFailed = 0
    package var streamsOpened = 0
    package var streamsClosed = 0
    package var messagesIn = 0
    package var messagesOut = 0
    /// Broken limits and rules by kind (the kind's name: `resetFlood`, `headerList`, `messageTooLarge`, …).
    package var violations: [String: Int] = [:]
}
