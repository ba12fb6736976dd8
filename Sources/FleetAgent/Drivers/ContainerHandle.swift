import ShimProtocol

/// How an agent finds a replica again that a container engine holds: `container` in the replica's directory, written before
/// anybody hears of the start.
struct ContainerHandle: Hashable, Sendable {
    /// The name of the file.
    static let file = "container"
    private static let format = "muster-container/1"

    /// The engine's id of it: unique for each start.
    var id: String
    /// When the engine says that it started, in its own words.
    var began: String
    /// The container's first process, as the host sees it.
    var child: ProcessIdentity
    /// The boot that it belongs to.
    var boot: String
    /// Milliseconds since 1970 at the start.
    var startedAt: Int64
    /// Its own address; `nil` where it has the host's network.
    var address: IPv4Address?

    init(
        id: String,
        began: String,
        child: ProcessIdentity,
        boot: String,
        startedAt: Int64,
        address: IPv4Address? = nil
    ) {
        self.id = id
        self.began = began
        self.child = child
        self.boot = boot
        self.startedAt = startedAt
        self.address = address
    }

    /// The file's text: one `name value` a line.
    var text: String {
        let own = address.map { "address \($0)\n" } ?? ""
        return "\(Self.format)\nid \(id)\nbegan \(began)\nchild \(child)\nstarted \(startedAt)\nboot \(boot)\n\(own)"
    }

    /// Reads the file's text; `nil` for another version or a torn file. Lines that a newer agent adds are left out.
    init?(text: String) {
        guard let lines = NamedLines(text, format: Self.format), let id = lines["id"], let began = lines["began"],
            let child = lines["child"].flatMap(ProcessIdentity.init(text:)),
            let startedAt = lines["started"].flatMap({ Int64($0) }), let boot = lines["boot"]
        else { return nil }
        let address = lines["address"].map { IPv4Address($0) }
        // One that cannot be read is not the host's.
        guard address != .some(nil) else { return nil }
        self.init(id: id, began: began, child: child, boot: boot, startedAt: startedAt, address: address ?? nil)
    }
}
