/// How a replica comes by its endpoint's port on this host: an argument, never found out in here.
package enum EndpointMeans: Hashable, Sendable {
    /// Every replica has private ports, and the endpoint is pointed at the one that is proven.
    case switched
    /// A replica binds the endpoint's port itself: two cannot serve at a time.
    case bound
}
