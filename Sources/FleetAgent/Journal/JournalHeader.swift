/// The first payload of a journal since format 2: how to read what follows.
///
/// | format | payloads |
/// |---|---|
/// | 1 | one record each; no header |
/// | 2 | the header; a snapshot, one record each; then one array of records for everything that was written at once |
///
/// An agent that knows only format 1 refuses the header as a record that it does not know, so it never cuts a newer file.
package struct JournalHeader: Hashable, Codable {
    package struct Content: Hashable, Codable {
        /// The format's number.
        var format: UInt32
        /// How many bytes of whole frames follow the header: they were durable before the file had its name, so they are
        /// never a torn tail.
        var snapshot: Int
    }

    /// The newest format, which is written; all before it are read.
    static let newest: UInt32 = 2

    var journal: Content

    /// The header of a file that this agent writes.
    package init(snapshot: Int) {
        journal = Content(format: Self.newest, snapshot: snapshot)
    }
}
