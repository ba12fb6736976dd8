/// Why a journal is not read, and what a person can do about it. The file stays as it is.
enum JournalRefusal {
    /// The same for every refusal: nothing is lost by it.
    private static let rest = "nothing was changed, and what runs goes on"

    private static func anew(_ path: String) -> String {
        "begin anew with what the controller knows, without this host's pins: "
            + "mv \(path) \(path).refused && systemctl start muster-agent"
    }

    static func damaged(_ path: String, offset: Int) -> AgentError {
        AgentError(
            .journalDamaged,
            "the journal \(path) is damaged at byte \(offset): the disk has lost data that was written; \(rest); "
                + "restore the file from a backup, or \(anew(path))"
        )
    }

    static func newer(_ path: String, format: UInt32) -> AgentError {
        AgentError(
            .journalNewer,
            "the journal \(path) cannot be read: a newer muster-agent wrote it in format \(format), and this one knows "
                + "formats 1 to \(JournalHeader.newest); \(rest); install the newer agent again, or "
                + anew(path)
        )
    }

    static func unknown(_ path: String, offset: Int) -> AgentError {
        AgentError(
            .journalNewer,
            "the journal \(path) cannot be read: the record at byte \(offset) says something that this muster-agent does "
                + "not know, though its checksum is right: a newer one wrote it; \(rest); install the newer agent again, "
                + "or \(anew(path))"
        )
    }
}
