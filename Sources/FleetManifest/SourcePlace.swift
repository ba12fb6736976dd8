/// Where something stands in a file.
package struct SourcePlace: Hashable, Sendable {
    /// The file as the person named it; `-` for standard input.
    package var file: String
    /// Counts from 1.
    package var line: Int
    /// Counts from 1, in Unicode scalars.
    package var column: Int

    /// A place in a file.
    package init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// So many characters further on the same line.
    package func advanced(by count: Int) -> SourcePlace {
        SourcePlace(file: file, line: line, column: column + count)
    }
}

extension SourcePlace: CustomStringConvertible {
    /// `file:line:column`, as compilers print it.
    package var description: String { "\(file):\(line):\(column)" }
}
