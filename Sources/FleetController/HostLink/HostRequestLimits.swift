package import Fleet

/// How much hosts are asked at once while people wait, and how long is waited.
package struct HostRequestLimits: Sendable {
    /// At once of one host: what its readers leave unread takes this much of its connection's window.
    package var ofOneHost = 2
    /// At once of all.
    package var ofAll = 32
    /// How many of one host are kept for ``OperatorRole/oncall`` and above.
    package var keptOfOneHost = 1
    /// How many of all are kept so.
    package var keptOfAll = 2
    /// Until an answer begins.
    package var beginning = Span.seconds(10)
    /// For the next sign of life of a host whose answer has begun.
    package var silence = Span.seconds(20)
    /// For a reader that takes nothing.
    package var unread = Span.seconds(300)

    /// The usual.
    package init() {}
}
