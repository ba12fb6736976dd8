/// A version as programs print it: up to six numbers between dots, and whether it comes before the release of that number.
package struct VersionNumber: Hashable, Sendable {
    /// What marks a version that comes before its release (PEP 440, Semantic Versioning 2.0.0 §9).
    private static let marks: Set<Substring> = ["a", "alpha", "b", "beta", "c", "rc", "pre", "preview", "dev"]

    /// The numbers, the most significant first; zeros at the end are left out.
    package var numbers: [UInt64]
    /// `2.0.0rc1`, `2.0.0-beta.2`: before 2.0.0.
    package var isPrerelease: Bool

    /// Reads `1.7`, `v1.7.0`, `2.0.0rc1`, `2.51.0-beta.1`, `1.2+local`; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        let lower = text.first == "v" ? text.dropFirst() : text[...]
        guard let (version, rest) = Self.read(Substring(lower)) else { return nil }
        guard rest.isEmpty || rest.first == "+" || version.isPrerelease,
            rest.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || ".-_~+".contains($0)) })
        else { return nil }
        self = version
    }

    /// The first version in what a program printed: the first number with a dot in it, else the first number of its own.
    package init?(in output: some StringProtocol) {
        var single: VersionNumber?
        var rest = Substring(output)
        while let start = rest.firstIndex(where: { $0.isASCII && $0.isNumber }) {
            let before = start == rest.startIndex ? nil : rest[rest.index(before: start)]
            let beforeThat = rest[..<start].dropLast().last
            let isWord = before.map { $0.isLetter && !($0 == "v" && !(beforeThat?.isLetter ?? false)) || $0 == "." }
            let digits = rest[start...].prefix { $0.isASCII && $0.isNumber }
            guard isWord != true, let (version, left) = Self.read(rest[start...]) else {
                rest = rest[digits.endIndex...]
                continue
            }
            if rest[start..<left.startIndex].contains(".") {
                self = version
                return
            }
            single = single ?? version
            rest = left
        }
        guard let single else { return nil }
        self = single
    }

    private init(numbers: [UInt64], isPrerelease: Bool) {
        self.numbers = numbers
        self.isPrerelease = isPrerelease
    }

    /// The numbers at the beginning of a text, with what is left after them.
    private static func read(_ text: Substring) -> (VersionNumber, rest: Substring)? {
        var numbers: [UInt64] = []
        var rest = text
        while numbers.count < 6 {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard digits.count <= 18, let number = UInt64(digits) else { break }
            numbers.append(number)
            rest = rest[digits.endIndex...]
            guard rest.first == ".", let next = rest.dropFirst().first, next.isASCII, next.isNumber else { break }
            rest = rest.dropFirst()
        }
        guard !numbers.isEmpty else { return nil }
        while numbers.count > 1, numbers.last == 0 { numbers.removeLast() }
        let mark = rest.drop { ".-_~".contains($0) }.prefix { $0.isASCII && $0.isLetter }
        return (VersionNumber(numbers: numbers, isPrerelease: marks.contains(Substring(mark.lowercased()))), rest)
    }
}

extension VersionNumber: Comparable {
    package static func < (left: VersionNumber, right: VersionNumber) -> Bool {
        let count = max(left.numbers.count, right.numbers.count)
        for index in 0..<count {
            let one = index < left.numbers.count ? left.numbers[index] : 0
            let other = index < right.numbers.count ? right.numbers[index] : 0
            if one != other { return one < other }
        }
        return left.isPrerelease && !right.isPrerelease
    }
}

extension VersionNumber: CustomStringConvertible {
    /// For people; which pre-release it is, is not kept.
    package var description: String {
        let numbers = numbers.count == 1 ? numbers + [0] : numbers
        return numbers.map { "\($0)" }.joined(separator: ".") + (isPrerelease ? " (a pre-release)" : "")
    }
}
