/// A recorded request whose answer must match within a tolerance: proof that the right model is loaded, and right.
package struct GoldenProbe: Hashable, Sendable, Codable {
    /// The name of the runtime's port that is asked.
    package var port: String
    /// The HTTP path that is posted to.
    package var path: String
    /// The request body: a JSON document as text, so that its decimals stay as they were written.
    package var request: String
    /// What the answer must contain: a JSON document as text. Members that it does not name are not compared; arrays are
    /// compared element by element, numbers within the tolerance, all else exactly. Empty in a manifest whose answer has
    /// not been recorded yet, never in the store.
    package var expect: String
    /// A JSON path (RFC 9535) to the part of the answer that is compared; the whole when `nil`.
    package var select: String?
    /// The largest absolute difference of two numbers, as a decimal text.
    package var absolute: String
    /// The largest difference relative to the expected number, as a decimal text. A number passes when it is within
    /// `absolute + relative · |expected|`, as numpy's `isclose` has it.
    package var relative: String

    /// A probe; tolerances are 0 unless said.
    package init(
        port: String,
        path: String,
        request: String,
        expect: String,
        select: String? = nil,
        absolute: String = "0",
        relative: String = "0"
    ) {
        self.port = port
        self.path = path
        self.request = request
        self.expect = expect
        self.select = select
        self.absolute = absolute
        self.relative = relative
    }
}
