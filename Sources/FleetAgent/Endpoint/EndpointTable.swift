/// What the kernel's table should say: which stable port leads where.
///
/// Everything in it is an integer, so that nothing of it can be anything but a number in a script for `nft`.
struct EndpointTable: Sendable, Hashable {
    /// By stable port, the private port that new connections go to.
    private(set) var open: [UInt16: UInt16] = [:]
    /// Stable ports whose new connections are rejected.
    private(set) var closed: Set<UInt16> = []
    /// Private ports whose connections through an endpoint are reset; until they are used again.
    private(set) var cut: Set<UInt16> = []
    /// Stable ports that another program listens on: its established connections stay with it.
    private(set) var adopted: Set<UInt16> = []
    /// The private ports: from other hosts they are reached through an endpoint only.
    var hidden: ClosedRange<UInt16>

    /// A table that has no endpoint.
    init(hiding hidden: ClosedRange<UInt16>) { self.hidden = hidden }

    /// A table as it was found.
    init(
        open: [UInt16: UInt16],
        closed: Set<UInt16>,
        cut: Set<UInt16>,
        adopted: Set<UInt16> = [],
        hiding hidden: ClosedRange<UInt16>
    ) {
        self.open = open
        self.closed = closed
        self.cut = cut
        self.adopted = adopted
        self.hidden = hidden
    }

    /// By stable port, the private port, or `nil` where it rejects.
    var endpoints: [UInt16: UInt16?] {
        var all: [UInt16: UInt16?] = open.mapValues { $0 }
        for port in closed { all.updateValue(nil, forKey: port) }
        return all
    }

    /// New connections to `port` go to `privatePort`.
    mutating func wasOpened(_ port: UInt16, to privatePort: UInt16) {
        open[port] = privatePort
        closed.remove(port)
        cut.remove(privatePort)
    }

    /// Another program listens on `port`, which becomes an endpoint.
    mutating func wasAdopted(_ port: UInt16) { adopted.insert(port) }

    /// New connections to `port` are rejected.
    mutating func wasClosed(_ port: UInt16) {
        open[port] = nil
        closed.insert(port)
    }

    /// `port` is no endpoint any more.
    mutating func wasForgotten(_ port: UInt16) {
        open[port] = nil
        closed.remove(port)
        adopted.remove(port)
    }

    /// What came to `privatePort` through an endpoint is reset.
    mutating func wasCut(_ privatePort: UInt16) { cut.insert(privatePort) }

    /// After a boot nothing serves yet: every endpoint rejects.
    mutating func hostWasBooted() {
        closed.formUnion(open.keys)
        open = [:]
        cut = []
        adopted = []
    }
}
