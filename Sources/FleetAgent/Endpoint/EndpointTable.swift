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
    /// By private port, the place in a container that it stands for: of those that an endpoint leads to, or that are cut. No
    /// place stands here twice.
    private(set) var places: [UInt16: ContainerPlace] = [:]
    /// The networks of these containers: no two overlap.
    private(set) var near: Set<IPv4Network> = []
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
        places: [UInt16: ContainerPlace] = [:],
        near: Set<IPv4Network> = [],
        hiding hidden: ClosedRange<UInt16>
    ) {
        self.open = open
        self.closed = closed
        self.cut = cut
        self.adopted = adopted
        self.places = places
        self.near = near
        self.hidden = hidden
    }

    /// By stable port, the private port, or `nil` where it rejects.
    var endpoints: [UInt16: UInt16?] {
        var all: [UInt16: UInt16?] = open.mapValues { $0 }
        for port in closed { all.updateValue(nil, forKey: port) }
        return all
    }

    /// New connections to `port` go to a target.
    ///
    /// - Parameter network: of the target's container, where it is one.
    mutating func wasOpened(_ port: UInt16, to target: EndpointTarget, on network: IPv4Network? = nil) {
        if let place = target.place {
            // Engines give addresses anew: whatever had this one has gone.
            for (other, its) in places where its == place && other != target.port {
                for (port, led) in open where led == other { wasClosed(port) }
                cut.remove(other)
                places[other] = nil
            }
        }
        open[port] = target.port
        closed.remove(port)
        cut.remove(target.port)
        places[target.port] = target.place
        if let network { near = near.filter { !$0.overlaps(network) }.union([network]) }
        forgetPlaces()
    }

    /// Another program listens on `port`, which becomes an endpoint.
    mutating func wasAdopted(_ port: UInt16) { adopted.insert(port) }

    /// New connections to `port` are rejected.
    mutating func wasClosed(_ port: UInt16) {
        open[port] = nil
        closed.insert(port)
        forgetPlaces()
    }

    /// `port` is no endpoint any more.
    mutating func wasForgotten(_ port: UInt16) {
        open[port] = nil
        closed.remove(port)
        adopted.remove(port)
        forgetPlaces()
    }

    /// What came to a target through an endpoint is reset.
    mutating func wasCut(_ target: EndpointTarget) {
        cut.insert(target.port)
        guard let place = target.place, !places.values.contains(place) else { return }
        places[target.port] = place
    }

    /// After a boot nothing serves yet: every endpoint rejects.
    mutating func hostWasBooted() {
        closed.formUnion(open.keys)
        open = [:]
        cut = []
        adopted = []
        forgetPlaces()
    }

    /// Those that nothing leads to any more.
    private mutating func forgetPlaces() {
        let led = Set(open.values).union(cut)
        places = places.filter { led.contains($0.key) }
        if places.isEmpty { near = [] }
    }
}
