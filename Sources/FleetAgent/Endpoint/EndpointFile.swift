/// The wanted table on disk: what comes back after a reload of the host's firewall, and what rejects after a boot.
package struct EndpointFile: Sendable {
    /// What it holds.
    private struct Content: Codable {
        /// The boot that it was written in.
        var boot: String
        /// By stable port the private port; 0 where it rejects.
        var endpoints: [String: UInt16]
        var cut: [UInt16]
        /// Younger than the others.
        var adopted: [UInt16]?
        var hidden: [UInt16]
        /// By private port, where it is in a container; older agents know none.
        var places: [String: String]?
        /// These containers' networks.
        var near: [String]?
    }

    /// Where it stands.
    let path: String
    /// This boot.
    let boot: String

    /// A file, whether or not it is there yet.
    package init(path: String, boot: String = HostSystem.boot) {
        self.path = path
        self.boot = boot
    }

    /// The table as it is to be in this boot: after another one every endpoint rejects. `nil` when there is no file.
    ///
    /// - Throws: `files` when there is one that cannot be read.
    func table() throws(AgentError) -> EndpointTable? {
        guard let bytes = try FileAccess.read(path) else { return nil }
        guard let content = try? JSONCoding.decode(Content.self, from: bytes),
            content.hidden.count == 2, content.hidden[0] <= content.hidden[1]
        else {
            throw AgentError(
                .files,
                "\(path) is damaged, so that no endpoint is restored from it; remove it: the running agent writes it anew"
            )
        }
        let endpoints = content.endpoints.compactMap { name, led in UInt16(name).map { ($0, led) } }
        let places = (content.places ?? [:]).compactMap { name, place in
            UInt16(name).flatMap { port in ContainerPlace(place).map { (port, $0) } }
        }
        var table = EndpointTable(
            open: Dictionary(uniqueKeysWithValues: endpoints.filter { $0.1 != 0 }),
            closed: Set(endpoints.filter { $0.1 == 0 }.map(\.0)),
            cut: Set(content.cut),
            adopted: Set(content.adopted ?? []),
            places: Dictionary(uniqueKeysWithValues: places),
            near: Set((content.near ?? []).compactMap { IPv4Network($0) }),
            hiding: content.hidden[0]...content.hidden[1]
        )
        if content.boot != boot { table.hostWasBooted() }
        return table
    }

    /// Replaces it, durably. One that cannot be replaced is removed: it must not bring back what has changed since.
    func write(_ table: EndpointTable) throws(AgentError) {
        var endpoints: [String: UInt16] = [:]
        for (port, privatePort) in table.endpoints { endpoints["\(port)"] = privatePort ?? 0 }
        let content = Content(
            boot: boot,
            endpoints: endpoints,
            cut: table.cut.sorted(),
            adopted: table.adopted.isEmpty ? nil : table.adopted.sorted(),
            hidden: [table.hidden.lowerBound, table.hidden.upperBound],
            places: table.places.isEmpty
                ? nil : Dictionary(uniqueKeysWithValues: table.places.map { ("\($0.key)", $0.value.description) }),
            near: table.near.isEmpty ? nil : table.near.sorted().map(\.description)
        )
        guard let bytes = try? JSONCoding.encode(content) else {
            throw AgentError(.files, "the endpoints cannot be written to \(path)")
        }
        do {
            try FileAccess.replace(path, with: bytes)
        } catch {
            FileAccess.remove(path)
            throw error
        }
    }
}
