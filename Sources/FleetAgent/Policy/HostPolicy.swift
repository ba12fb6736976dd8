import Fleet

/// What the people of a host let the controller ask of it: DESIGN §10. Each rule has words in the order written, or its
/// default; `PolicyRule` decides by it.
package struct HostPolicy: Sendable, Hashable {
    /// What is bounded.
    package enum Rule: String, Sendable, Hashable, CaseIterable {
        /// What starts a replica: names of drivers. By default every driver.
        case drivers
        /// Whom replicas may run as: names of users. By default everybody but root.
        case users
        /// Which programs may be run: absolute paths of programs, or of directories with everything below. By default what is
        /// installed on the host: what nobody but root and the agent's own user can change, and no model has brought.
        case executables
        /// Which bundles of runtimes may be installed and run: digests, or `any`. By default none: what comes from the
        /// controller is no known executable.
        case bundles
        /// Which container images may be run, always by their digests: registries, or repositories with everything below. By
        /// default none, as with bundles: they come from elsewhere.
        case images
        /// Into which directories models may be put for servers that run already: absolute paths, with everything below. By
        /// default none: what is put into a directory is taken for its own by whoever reads it.
        case repositories
        /// What arguments and variables may name besides the model's and the runtime's own directories: absolute paths, with
        /// everything below. By default anything.
        case paths
        /// Which files of the host variables may have the text of: absolute paths of directories, with everything below. By
        /// default /etc/muster/secrets.
        case secrets
        /// Which ports may be endpoints: numbers, and ranges. By default 1024-65535.
        case ports
    }

    /// Where it stands, or would stand.
    let file: String
    /// Whether there is such a file.
    let isWritten: Bool
    /// The words of each rule that is written.
    package let words: [Rule: [String]]
    /// The line on which each rule that is written is first named, from 1.
    package let lines: [Rule: Int]
    /// What `ports` says, in numbers.
    package let ports: [ClosedRange<UInt16>]

    /// The default: what holds where there is no file.
    init(absent file: String) {
        self.file = file
        isWritten = false
        words = [:]
        lines = [:]
        ports = Self.standardPorts
    }

    init(file: String, words: [Rule: [String]], lines: [Rule: Int], ports: [ClosedRange<UInt16>]?) {
        self.file = file
        isWritten = true
        self.words = words
        self.lines = lines
        self.ports = ports ?? Self.standardPorts
    }

    /// The most words of a rule in one message.
    private static let shown = 8
    private static let standardSecrets = "/etc/muster/secrets"
    private static let standardPorts: [ClosedRange<UInt16>] = [1024...UInt16.max]

    /// The word that stands for every bundle.
    static let anyBundle = "any"

    /// Where the files stand whose texts variables may have.
    var secretDirectories: [String] { words[.secrets] ?? [Self.standardSecrets] }

    /// Whether a path is absolute and says where it leads, links apart.
    static func isPlain(_ path: String) -> Bool {
        guard path.hasPrefix("/") else { return false }
        let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        return path == "/"
            || parts.dropLast(path.hasSuffix("/") ? 1 : 0).allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }

    /// A rule and where it stands, for people.
    func place(of rule: Rule) -> String {
        if let line = lines[rule] { return "rule '\(rule.rawValue)' (\(file):\(line))" }
        let why = isWritten ? "\(file) does not say another" : "there is no \(file)"
        return "the default rule '\(rule.rawValue)' (\(why))"
    }

    /// What a rule allows, for people.
    func text(of rule: Rule) -> String {
        if let words = words[rule] {
            let more = words.count > Self.shown ? " and \(words.count - Self.shown) more" : ""
            return words.prefix(Self.shown).joined(separator: " ") + more
        }
        return switch rule {
        case .drivers: "every driver"
        case .users: "everybody but root"
        case .executables: "what is installed on the host"
        case .bundles: "none"
        case .images: "none"
        case .repositories: "none"
        case .paths: "any path"
        case .secrets: Self.standardSecrets
        case .ports: "1024-65535"
        }
    }
}
