import FleetManifest

@testable import muster

/// Every key of every kind of manifest, from the shapes that their readers keep.
enum ManifestReference {
    static var text: String {
        let head = """
            # Manifests

            Every key of every kind. `muster schema` prints the same as JSON Schema, for editors.

            ## Overview

            A file holds one or more documents, divided by `---`. A key that is not listed here is refused, with the nearest right
            one; so is one that has no effect. Keys in **bold** must be there.
            """
        return ([head] + ManifestKind.allCases.map(section)).joined(separator: "\n\n") + "\n"
    }

    private static func section(_ kind: ManifestKind) -> String {
        let rows = rows(of: kind.keys, at: "")
        return """
            ## \(kind.rawValue)

            \(kind.purpose)

            | key | what it may be | what it is for |
            | --- | --- | --- |
            \(rows.joined(separator: "\n"))
            """
    }

    private static func rows(of keys: ObjectKeys, at path: String) -> [String] {
        keys.keys.flatMap { key -> [String] in
            let place = path + key.name
            let name = key.isRequired ? "**\(MarkdownText.code(place))**" : MarkdownText.code(place)
            let row = "| \(name) | \(words(for: key.value)) | \(MarkdownText.line(key.purpose)) |"
            return [row] + below(key.value, at: place)
        }
    }

    private static func below(_ shape: ValueShape, at place: String) -> [String] {
        switch shape {
        case .object(let keys): rows(of: keys, at: place + ".")
        case .list(let element, _, _): below(element, at: place + "[]")
        case .oneOf(let shapes): shapes.flatMap { below($0, at: place) }
        case .text, .words, .integer, .boolean, .decimal, .span, .amount, .memory, .processors, .texts, .integers,
            .variables, .days,
            .anyObject, .anything:
            []
        }
    }

    private static func words(for shape: ValueShape) -> String {
        switch shape {
        case .text(let text): text.purpose.map(phrase) ?? "text"
        case .words(let words): words.map(MarkdownText.code).joined(separator: " or ")
        case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .boolean: "`true` or `false`"
        case .decimal: "a decimal that is not negative; in quotes, or a number"
        case .span(let range): "a length of time, \(range.lowerBound) to \(range.upperBound)"
        case .amount(let least): "a number of hosts from \(least), or a share like `10%`"
        case .memory(let range): "memory like `512Mi`, \(range.lowerBound) to \(range.upperBound)"
        case .processors(let range): "processors like `2` or `500m`, \(range.lowerBound) to \(range.upperBound)"
        case .list(let element, let count, let isSet): list(of: element, count, isSet)
        case .object: "an object"
        case .texts(let limit, let keys, let values):
            "up to \(limit) texts by key; key: \(words(for: .text(keys))); value: \(words(for: .text(values)))"
        case .integers(let limit, let keys, let range):
            "up to \(limit) whole numbers by key, \(range.lowerBound) to \(range.upperBound); key: \(words(for: .text(keys)))"
        case .variables(let limit, let values):
            "up to \(limit) values by the variable's name; value: \(words(for: .text(values))), or `{file: PATH}`: the text of "
                + "that file on the host"
        case .oneOf(let shapes): shapes.map(words).joined(separator: ", or ")
        case .days: "days, like `mon`, `mon-fri` or `[mon, wed]`"
        case .anyObject: "any object"
        case .anything: "anything"
        }
    }

    /// A sentence as a part of one.
    private static func phrase(_ sentence: String) -> String {
        let text = sentence.hasSuffix(".") ? String(sentence.dropLast()) : sentence
        return MarkdownText.line(text.prefix(1).lowercased() + text.dropFirst())
    }

    private static func list(of element: ValueShape, _ count: ClosedRange<Int>, _ isSet: Bool) -> String {
        "a list of \(count.lowerBound) to \(count.upperBound)\(isSet ? ", none twice" : ""): \(words(for: element))"
    }
}
