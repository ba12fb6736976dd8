/// What a blob's file was found to be.
package enum BlobCondition: Hashable, Sendable {
    /// It is there and has its digest.
    case whole(size: Int64)
    /// It is not there.
    case missing
    /// It was there with other bytes, and has been taken away.
    case damaged
}
