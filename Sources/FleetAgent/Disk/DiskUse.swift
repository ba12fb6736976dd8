/// What a file is opened for. A mode holds where the file is made, less the process's mask.
package enum DiskUse: Hashable, Sendable {
    /// To be read; it must be there.
    case read
    /// To be read and written; it is made when it is not there.
    case update
    /// To be written from nothing: it is made, or emptied.
    case replace(mode: UInt32)
}
