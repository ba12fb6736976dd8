/// What a shim is to hold: written by the agent to a 0600 file, so that no secret stands in a command line.
///
/// Its form: fields `name=value`, each ended by a NUL (which no path, argument or variable can hold), after `muster-shim/1`.
/// A shim refuses a field that it does not know, since what it would leave out might be a limit or a user; unless the name
/// begins with `?`, which says that it may be left out.
package struct ShimSpecification: Hashable, Sendable {
    /// The first field of the form.
    package static let format = "muster-shim/1"

    /// The replica's own directory, absolute: socket, handle and exit record are kept there.
    package var directory: String
    /// The file that takes stdout and stderr; appended to, created 0600.
    package var log: String
    /// Where the model server starts.
    package var workingDirectory: String
    /// The program, as `PATH` of `environment` finds it, and its arguments.
    package var arguments: [String]
    /// `NAME=value` each; nothing else is inherited.
    package var environment: [String]
    /// Tells this boot from others; copied to the handle.
    package var boot: String
    /// Whom the model server runs as; the shim's own user when `nil`.
    package var user: ShimUser?
    /// The directories of the control groups that the model server enters before it is executed; they exist.
    package var groups: [String]
    /// The most open files of each process.
    package var openFiles: UInt64?
    /// The longest file that a process may write, in bytes.
    package var fileSize: UInt64?
    /// Whether the program has no network at all, and ends with whoever started it: an errand of the agent's, no replica.
    package var isErrand: Bool
    /// A log that is longer than this is rotated, in bytes; never when `nil`. May be left out by an older shim.
    package var logLimit: Int64?

    /// What a shim is to hold.
    package init(
        directory: String,
        log: String,
        workingDirectory: String,
        arguments: [String],
        environment: [String],
        boot: String,
        user: ShimUser? = nil,
        groups: [String] = [],
        openFiles: UInt64? = nil,
        fileSize: UInt64? = nil,
        isErrand: Bool = false,
        logLimit: Int64? = nil
    ) {
        self.directory = directory
        self.log = log
        self.workingDirectory = workingDirectory
        self.arguments = arguments
        self.environment = environment
        self.boot = boot
        self.user = user
        self.groups = groups
        self.openFiles = openFiles
        self.fileSize = fileSize
        self.isErrand = isErrand
        self.logLimit = logLimit
    }

    /// The form's bytes; `nil` when a text holds a NUL.
    package var bytes: [UInt8]? {
        var fields = [
            Self.format, "directory=\(directory)", "log=\(log)", "workingDirectory=\(workingDirectory)", "boot=\(boot)",
        ]
        if let user { fields.append("user=\(user)") }
        if let openFiles { fields.append("openFiles=\(openFiles)") }
        if let fileSize { fields.append("fileSize=\(fileSize)") }
        if isErrand { fields.append("errand=offline") }
        if let logLimit { fields.append("?logLimit=\(logLimit)") }
        fields += groups.map { "group=\($0)" }
        fields += arguments.map { "argument=\($0)" }
        fields += environment.map { "environment=\($0)" }
        guard fields.allSatisfy({ !$0.utf8.contains(0) }) else { return nil }
        return fields.flatMap { Array($0.utf8) + [0] }
    }

    /// Reads the form; `nil` for another version, a field that must be known and is not, and a missing field.
    package init?(bytes: [UInt8]) {
        guard bytes.last == 0 else { return nil }
        let fields = bytes.dropLast().split(separator: 0, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard fields.first == Self.format else { return nil }
        self.init(
            directory: "",
            log: "",
            workingDirectory: "",
            arguments: [],
            environment: [],
            boot: ""
        )
        var seen: Set<String> = []
        for field in fields.dropFirst() {
            guard let equals = field.firstIndex(of: "=") else { return nil }
            let name = String(field[..<equals])
            guard take(name, String(field[field.index(after: equals)...])) else { return nil }
            seen.insert(name)
        }
        guard seen.isSuperset(of: ["directory", "log", "workingDirectory", "boot", "argument"]) else { return nil }
    }

    /// One field; `false` when it must be known and is not, or says nothing.
    private mutating func take(_ name: String, _ value: String) -> Bool {
        switch name {
        case "directory": directory = value
        case "log": log = value
        case "workingDirectory": workingDirectory = value
        case "boot": boot = value
        case "argument": arguments.append(value)
        case "environment": environment.append(value)
        case "group": groups.append(value)
        case "user":
            user = ShimUser(text: value)
            return user != nil
        case "openFiles":
            openFiles = UInt64(value)
            return openFiles != nil
        case "fileSize":
            fileSize = UInt64(value)
            return fileSize != nil
        case "errand":
            isErrand = value == "offline"
            return isErrand
        case "?logLimit": logLimit = Int64(value)
        default: return name.hasPrefix("?")
        }
        return true
    }
}
