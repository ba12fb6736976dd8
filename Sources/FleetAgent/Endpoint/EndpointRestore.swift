/// Brings the endpoints' rules back where no agent does it: early in a boot, and as the firewall reloads.
///
/// Nothing is decided here: in the boot that the file was written in the rules come back as they were, in a later one every
/// endpoint rejects until its agent knows what serves.
struct EndpointRestore: Sendable {
    let file: EndpointFile

    /// Restores what is not there. Returns what was done, for people.
    func restore() throws(AgentError) -> String {
        try EndpointLock(path: file.path).locked { () throws(AgentError) in
            guard let table = try file.table(), !table.endpoints.isEmpty else {
                return "there is no endpoint to restore"
            }
            let nft = try Nftables()
            if let listing = try nft.listing(), EndpointTable(listing: listing) != nil {
                return "the endpoints' rules are there; nothing was changed"
            }
            try nft.install(table)
            let open = table.open.count
            return "restored \(table.endpoints.count) endpoints: \(open) as they were, \(table.closed.count) rejecting"
        }
    }

    /// Takes the table out of the kernel, and its file off the disk: for a host that leaves the fleet.
    func remove() throws(AgentError) -> String {
        try EndpointLock(path: file.path).locked { () throws(AgentError) in
            try Nftables().remove()
            FileAccess.remove(file.path)
            return "the table \(EndpointTable.name) is removed"
        }
    }
}
