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
        var table = EndpointTable(
            open: [:],
            closed: [],
            cut: Set(content.cut),
            adopted: Set(content.adopted ?? []),
            hiding: content.hidden[0]...content.hidden[1]
        )
        for (name, privatePort) in content.endpoints {
            guard let port = UInt16(name) else { continue }
            if privatePort == 0 { table.wasClosed(port) } else { table.wasOpened(port, to: privatePort) }
        }
        for port in content.cut { table.wasCut(port) }
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
            hidden: [table.hidden.lowerBound, table.hidden.upperBound]
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
