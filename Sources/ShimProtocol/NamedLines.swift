/// A small text file by which something is found again: its form's name and version in the first line, then one `name value` a line.
package struct NamedLines {
    private let lines: ArraySlice<Substring>

    /// Reads it; `nil` for another form or version, and where the last line has no end: the file is torn.
    package init?(_ text: String, format: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.first == format[...], lines.last == "" else { return nil }
        self.lines = lines.dropFirst()
    }

    /// The value of a name's first line; `nil` when there is none. What else a newer writer says is left out.
    package subscript(_ name: String) -> String? {
        lines.first { $0.hasPrefix("\(name) ") }.map { String($0.dropFirst(name.count + 1)) }
    }
}
