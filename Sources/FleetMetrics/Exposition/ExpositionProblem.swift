/// One line that could not be read.
package struct ExpositionProblem: Hashable, Sendable {
    /// What is wrong with a line.
    package enum Kind: String, Error, Hashable, Sendable, CaseIterable {
        /// It is longer than the limit.
        case lineTooLong = "the line is too long"
        /// It has more labels than the limit.
        case tooManyLabels = "there are too many labels"
        /// It does not begin with a metric's name.
        case name = "a metric's name is expected"
        /// A label's name is expected.
        case labelName = "a label's name is expected"
        /// A label bears the name of another one of the same sample.
        case labelTwice = "a label stands twice"
        /// A label's value is not in quotes, or not ended.
        case labelValue = "a label's value in quotes is expected"
        /// A backslash before another character than `\`, `"` or `n`.
        case escape = "an escape is unknown"
        /// Neither `,` nor `}` follows a label.
        case labelEnd = "',' or '}' is expected"
        /// The value is no number.
        case value = "a number is expected"
        /// The timestamp is no time of this dialect.
        case timestamp = "a timestamp is expected"
        /// Something follows a whole sample.
        case excess = "there is more after the sample"
        /// An exemplar that is not whole, or stands in the other dialect.
        case exemplar = "the exemplar is not whole"
        /// A `# TYPE` line with an unknown type, or without one.
        case type = "the type is unknown"
        /// A second `# TYPE` line of one family, or one after its samples.
        case typeTwice = "the family's type was given before"
        /// Text after `# EOF`.
        case afterEnd = "there is more after '# EOF'"
    }

    /// The line's number; the first is 1.
    package var line: Int
    /// The byte of the line at which it could not be read; the first is 1.
    package var column: Int
    /// What is wrong.
    package var kind: Kind

    /// A problem of one line.
    package init(line: Int, column: Int, kind: Kind) {
        self.line = line
        self.column = column
        self.kind = kind
    }
}

extension ExpositionProblem: CustomStringConvertible {
    package var description: String { "line \(line), byte \(column): \(kind.rawValue)" }
}
