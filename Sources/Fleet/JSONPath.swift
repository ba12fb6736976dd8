/// A path to one value of a JSON document: the singular queries of RFC 9535, such as `$.outputs[0].data` or
/// `$['model name'][-1]`. `$` is the whole.
package struct JSONPath: Hashable, Sendable {
    /// One step.
    package enum Segment: Hashable, Sendable {
        case member(String)
        /// Counted from 0; negative ones from the end.
        case element(Int)
    }

    /// The most bytes that a path may have.
    package static let limit = 256
    /// The whole document.
    package static let root = JSONPath(segments: [])

    /// The steps from the root on.
    package let segments: [Segment]

    private init(segments: [Segment]) {
        self.segments = segments
    }

    /// Reads a path; `nil` for anything that is not one, or may lead to several values.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.limit, text.first == "$" else { return nil }
        var segments: [Segment] = []
        var rest = text.dropFirst()
        while let next = rest.first {
            let segment = next == "." ? Self.name(&rest) : Self.bracket(&rest)
            guard let segment else { return nil }
            segments.append(segment)
        }
        self.segments = segments
    }

    /// The value that it leads to; `nil` when there is none.
    package func value(in document: JSONValue) -> JSONValue? {
        segments.reduce(document) { value, segment in
            switch (segment, value) {
            case (.member(let name), .object(let members)?): members[name]
            case (.element(let index), .array(let elements)?): Self.element(index, of: elements)
            default: nil
            }
        }
    }

    /// An element, counted as a segment counts.
    package static func element<Value>(_ index: Int, of elements: [Value]) -> Value? {
        let place = index < 0 ? elements.count + index : index
        return elements.indices.contains(place) ? elements[place] : nil
    }

    private static func name(_ rest: inout Substring) -> Segment? {
        rest.removeFirst()
        let name = rest.prefix { $0 == "_" || $0.isLetter || $0.isNumber || !$0.isASCII }
        guard let first = name.first, !(first.isASCII && first.isNumber) else { return nil }
        rest = rest.dropFirst(name.count)
        return .member(String(name))
    }

    private static func bracket(_ rest: inout Substring) -> Segment? {
        guard rest.first == "[", let end = rest.dropFirst().first else { return nil }
        rest.removeFirst()
        if end == "'" || end == "\"" {
            rest.removeFirst()
            let name = rest.prefix { $0 != end }
            guard !name.contains("\\") else { return nil }
            rest = rest.dropFirst(name.count)
            guard rest.first == end, rest.dropFirst().first == "]" else { return nil }
            rest = rest.dropFirst(2)
            return .member(String(name))
        }
        let digits = rest.prefix { $0 == "-" || $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(digits.count)
        guard rest.first == "]", let index = Int(digits), "\(index)" == digits else { return nil }
        rest.removeFirst()
        return .element(index)
    }
}

extension JSONPath: CustomStringConvertible {
    /// The shortest form.
    package var description: String {
        segments.reduce(into: "$") { text, segment in
            switch segment {
            case .element(let index): text += "[\(index)]"
            case .member(let name):
                let isPlain = JSONPath("$.\(name)")?.segments == [segment]
                text += isPlain ? ".\(name)" : name.contains("'") ? "[\"\(name)\"]" : "['\(name)']"
            }
        }
    }
}
