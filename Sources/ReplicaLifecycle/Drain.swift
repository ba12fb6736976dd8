/// How long established connections to a process that is to stop may live on.
package enum Drain: Hashable, Sendable {
    /// As long as they live, up to the runtime's `stop.drain`.
    case long
    /// At most a second; what is left is cut.
    case brief
}
