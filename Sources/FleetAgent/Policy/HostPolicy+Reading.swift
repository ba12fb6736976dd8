import Fleet

/// The text of a policy: `rule = word word …` a line, comments on lines of their own that begin with `#`. A rule that is
/// written again adds to itself.
extension HostPolicy {
    /// The longest text, in bytes.
    static let limit: Int64 = 64 << 10

    /// The most problems that are told at once.
    package static let problemLimit = 20

    /// Everything that is wrong with a text.
    package struct Problems: Error, Sendable, Hashable {
        package var problems: [PolicyProblem]
    }

    /// Reads a text, strictly.
    ///
    /// - Throws: `Problems`, all of them at once, in the order of the text.
    package init(text: String, file: String) throws(Problems) {
        // "\r\n" is one character.
        let isEnd = { (character: Character) in character == "\n" || character == "\r\n" }
        var reading = Reading()
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: isEnd).enumerated() {
            reading.take(Array(line), number: index + 1)
        }
        guard reading.problems.isEmpty else { throw Problems(problems: reading.problems) }
        self.init(
            file: file,
            words: reading.words,
            lines: reading.lines,
            ports: reading.ports.isEmpty ? nil : reading.ports
        )
    }

    /// A range of ports, or one port.
    static func ports(_ word: String) -> ClosedRange<UInt16>? {
        let parts = word.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let low = UInt16(parts[0]), let high = parts.count == 2 ? UInt16(parts[1]) : low, 0 < low, low <= high
        else { return nil }
        return low...high
    }

    private struct Reading {
        var words: [Rule: [String]] = [:]
        var lines: [Rule: Int] = [:]
        var ports: [ClosedRange<UInt16>] = []
        var problems: [PolicyProblem] = []

        mutating func take(_ line: [Character], number: Int) {
            guard let start = line.firstIndex(where: { !Self.isBlank($0) }), line[start] != "#" else { return }
            guard let sign = line.firstIndex(of: "=") else {
                return say(
                    number,
                    start,
                    "there is no '=' on this line; write `RULE = WORD …`, or begin a comment with '#'"
                )
            }
            let nameEnd = line[..<sign].lastIndex { !Self.isBlank($0) }
            let name = nameEnd.map { $0 < start ? "" : String(line[start...$0]) } ?? ""
            let known = Rule.allCases.map(\.rawValue)
            guard let rule = Rule(rawValue: name) else {
                let near = NearestName.of(name, among: known).map { "did you mean '\($0)'? " } ?? ""
                return say(
                    number,
                    start,
                    "there is no rule '\(name)'; \(near)there are: \(known.joined(separator: ", "))"
                )
            }
            var position = sign + 1
            var hasWords = false
            while let first = line[position...].firstIndex(where: { !Self.isBlank($0) }) {
                let end = line[first...].firstIndex(where: Self.isBlank) ?? line.endIndex
                hasWords = true
                take(String(line[first..<end]), of: rule, number, first)
                position = end
            }
            guard hasWords else {
                return say(number, sign, "rule '\(name)' says nothing; write what it allows, or leave the line out")
            }
            if lines[rule] == nil { lines[rule] = number }
        }

        private mutating func take(_ word: String, of rule: Rule, _ line: Int, _ column: Int) {
            let problem: String?
            switch rule {
            case .drivers: problem = Self.problem(driver: word)
            case .users: problem = Self.problem(user: word)
            case .bundles: problem = Self.problem(bundle: word)
            case .executables, .repositories, .paths, .secrets: problem = Self.problem(path: word)
            case .images: problem = Self.problem(image: word)
            case .ports:
                let range = HostPolicy.ports(word)
                if let range { ports.append(range) }
                problem = range == nil ? "'\(word)' is no port; write a number from 1 to 65535, or LOW-HIGH" : nil
            }
            if let problem {
                let isComment = word.hasPrefix("#") ? "a comment stands on a line of its own: " : ""
                return say(line, column, isComment + problem)
            }
            let isDirectory = rule != .ports && rule != .images && word.count > 1 && word.hasSuffix("/")
            words[rule, default: []].append(isDirectory ? String(word.dropLast()) : word)
        }

        private mutating func say(_ line: Int, _ index: Int, _ message: String) {
            // A text that is no policy at all must not make a message of its own length.
            guard problems.count < HostPolicy.problemLimit else { return }
            problems.append(PolicyProblem(line: line, column: index + 1, message: String(message.prefix(400))))
        }

        private static func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }

        private static func problem(driver word: String) -> String? {
            let known = RuntimeProfile.Driver.allCases.map(\.rawValue)
            guard !known.contains(word) else { return nil }
            let near = NearestName.of(word, among: known).map { "did you mean '\($0)'? " } ?? ""
            return "there is no driver '\(word)'; \(near)there are: \(known.joined(separator: ", "))"
        }

        private static func problem(user word: String) -> String? {
            let isName = word.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == 0x5F || byte == 0x2D || byte == 0x2E
            }
            return isName && !word.hasPrefix("-") && word.count <= 32
                ? nil : "'\(word)' is no name of a user; separate several by blanks"
        }

        private static func problem(bundle word: String) -> String? {
            word == HostPolicy.anyBundle || Digest(word) != nil
                ? nil : "'\(word)' is no digest of a bundle; write sha256: and 64 digits, or '\(HostPolicy.anyBundle)'"
        }

        private static func problem(image word: String) -> String? {
            let parts = word.split(separator: "/", omittingEmptySubsequences: false)
            let isName = parts.dropFirst().allSatisfy(ImageReference.isComponent)
            return ImageReference.isRegistry(parts[0]) && isName
                ? nil
                : "'\(word)' is no registry and no repository in one; write REGISTRY or REGISTRY/NAME without a tag, like "
                    + "registry.example.com/models"
        }

        private static func problem(path word: String) -> String? {
            guard word.hasPrefix("/") else {
                return "'\(word)' is no absolute path; write one that begins with '/', and separate several by blanks"
            }
            return HostPolicy.isPlain(word) ? nil : "'\(word)' has an empty part, '.' or '..'; write it without"
        }
    }
}
