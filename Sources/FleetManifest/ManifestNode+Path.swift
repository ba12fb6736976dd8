package import Fleet

extension ManifestNode {
    /// The value that a path leads to; `nil` when there is none.
    package func value(at path: JSONPath) -> ManifestNode? {
        path.segments.reduce(self) { node, segment in
            switch (segment, node?.value) {
            case (.member(let name), .object?): node?[name]
            case (.element(let index), .array(let elements)?): JSONPath.element(index, of: elements)
            default: nil
            }
        }
    }
}
