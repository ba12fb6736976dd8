/// An open file, for the disk that opened it.
package struct DiskFile: Hashable, Sendable {
    /// The disk's own number for it.
    package let number: Int32

    /// An open file.
    package init(number: Int32) {
        self.number = number
    }
}
