package import Fleet

/// Tells a request that must not be carried out twice from others. It is kept with the first change that the request makes,
/// in the same transaction: whoever sends it again is told so, whatever became of the answer.
package struct RequestMark: Hashable, Sendable {
    /// How long it is kept.
    package static let lifetime = Span.seconds(86_400)
    /// The most that are kept; beyond that the oldest go.
    package static let limit = 100_000

    /// The sender's word for the request, hashed together with who the sender is.
    package var name: Digest
    /// The request itself, hashed.
    package var request: Digest

    /// The mark of a request.
    package init(name: Digest, request: Digest) {
        self.name = name
        self.request = request
    }
}
