/// An error of the operator API: RFC 9457 `application/problem+json`.
package struct ProblemDocument: Error, Hashable, Sendable, Codable {
    /// One thing that is wrong with what was sent.
    package struct Detail: Hashable, Sendable, Codable {
        /// A JSON Pointer (RFC 6901) into the body.
        package var pointer: String
        /// What is wrong.
        package var detail: String
        /// What to do, or the nearest right name.
        package var hint: String?
        /// The key that it is about and what that is for.
        package var purpose: String?

        /// One thing that is wrong.
        package init(pointer: String, detail: String, hint: String? = nil, purpose: String? = nil) {
            self.pointer = pointer
            self.detail = detail
            self.hint = hint
            self.purpose = purpose
        }
    }

    /// A word that programs can tell problems by: `conflict`, `not-found`, `invalid`, …
    package var type: String
    /// A more exact word, which `muster help errors` explains.
    package var code: String?
    /// What failed.
    package var title: String
    /// The HTTP status.
    package var status: Int
    /// Where and why.
    package var detail: String?
    /// What to do next.
    package var hint: String?
    /// Everything that is wrong with the body.
    package var errors: [Detail]?

    /// An error of the operator API.
    package init(
        type: String,
        code: String? = nil,
        title: String,
        status: Int,
        detail: String? = nil,
        hint: String? = nil,
        errors: [Detail]? = nil
    ) {
        self.type = type
        self.code = code
        self.title = title
        self.status = status
        self.detail = detail
        self.hint = hint
        self.errors = errors
    }
}
