import StoreDriver

/// What a store in memory held at one moment. It never changes and can be used again and again.
package struct FleetImage: Sendable {
    let image: StoreImage
}
