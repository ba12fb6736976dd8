/// The files that must survive the agent: every lasting effect of the journal, the blobs and the bundles goes through here,
/// so that a test can lose, tear and refuse each of them.
///
/// One call is one system call, or one loop of it: what several do together is in the extension. A written byte is durable
/// after `sync` of its file; a name (after `open` of what was not there, `rename`, `link`, `unlink`, `makeDirectory`) after
/// `syncDirectory` of the directory that it stands in.
package protocol AgentDisk: Sendable {
    /// Opens a file.
    func open(_ path: String, _ use: DiskUse) throws(DiskFault) -> DiskFile

    /// Closes a file. What was written stays as durable as it was.
    func close(_ file: DiskFile)

    /// Locks a file for one writer; it is given back by `close`. Throws `EWOULDBLOCK` while another has it.
    func lock(_ file: DiskFile) throws(DiskFault)

    /// Reads as many bytes as there are, up to the buffer's length.
    ///
    /// - Returns: how many; 0 at the end.
    func read(_ file: DiskFile, at offset: Int64, into buffer: inout [UInt8]) throws(DiskFault) -> Int

    /// Writes all bytes. After a failure some may have been written.
    func write(_ bytes: RawSpan, to file: DiskFile, at offset: Int64) throws(DiskFault)

    /// Cuts a file, or fills it up with zeros.
    func truncate(_ file: DiskFile, to size: Int64) throws(DiskFault)

    /// Takes space for a file without making it longer.
    func reserve(_ file: DiskFile, from offset: Int64, length: Int64) throws(DiskFault)

    /// Makes a file's bytes and size durable.
    func sync(_ file: DiskFile) throws(DiskFault)

    /// Makes the names in a directory durable.
    func syncDirectory(_ path: String) throws(DiskFault)

    /// Moves a name, in the place of what has the new one, at once.
    func rename(_ path: String, to other: String) throws(DiskFault)

    /// Gives a file a second name. Throws `EEXIST` when it is taken.
    func link(_ path: String, as other: String) throws(DiskFault)

    /// Removes a file's name. Throws `EISDIR` for a directory.
    func unlink(_ path: String) throws(DiskFault)

    /// Makes one directory, for the owner alone.
    func makeDirectory(_ path: String) throws(DiskFault)

    /// Removes an empty directory.
    func removeDirectory(_ path: String) throws(DiskFault)

    /// The names in a directory, sorted.
    func names(in path: String) throws(DiskFault) -> [String]

    /// The size of a file in bytes; of a directory some number. Throws `ENOENT` when there is nothing.
    func size(of path: String) throws(DiskFault) -> Int64

    /// Bytes that may still be written where a path stands.
    func free(at path: String) throws(DiskFault) -> Int64
}
