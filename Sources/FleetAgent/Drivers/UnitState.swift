/// What systemd says of a unit: `systemctl show`, one `Name=value` a line (org.freedesktop.systemd1(5)).
struct UnitState: Hashable, Sendable {
    /// What is asked for.
    static let properties = [
        "LoadState", "Result", "MainPID", "InvocationID", "ExecMainCode", "ExecMainStatus",
    ]

    private let values: [String: String]

    init(text: String) {
        let pairs = text.split(separator: "\n").compactMap { line -> (String, String)? in
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return parts.count == 2 ? (parts[0], parts[1]) : nil
        }
        values = Dictionary(pairs) { first, _ in first }
    }

    /// Whether systemd knows the unit.
    var isLoaded: Bool { values["LoadState"] == "loaded" }
    /// What systemd calls this run of it.
    var invocation: String { values["InvocationID"] ?? "" }
    /// The main process; `nil` when there is none now.
    var mainPID: Int32? { values["MainPID"].flatMap { Int32($0) }.flatMap { $0 > 0 ? $0 : nil } }

    /// How the main process ended, for people; `nil` while it runs, and where systemd does not know the unit any more.
    var ending: String? {
        guard isLoaded, let status = values["ExecMainStatus"].flatMap({ Int32($0) }) else { return nil }
        let how: String
        // waitid(2): CLD_EXITED, CLD_KILLED, CLD_DUMPED.
        switch values["ExecMainCode"] {
        case "1": how = Self.words(forExit: status)
        case "2", "3": how = "the process was ended by signal \(status)"
        default: return nil
        }
        switch values["Result"] {
        case "oom-kill": return "\(how): out of memory: the kernel killed it (systemd: oom-kill)"
        case "timeout": return "\(how) (systemd: it took too long)"
        default: return how
        }
    }

    /// Codes from 200 are systemd's own, for what it could not do before the program ran (systemd.exec(5)).
    private static func words(forExit code: Int32) -> String {
        let step: String? =
            switch code {
            case 200: "enter its working directory"
            case 203: "execute muster-shim"
            case 208: "open its specification"
            case 209, 222: "open its log"
            case 216: "take its groups"
            case 217: "become its user"
            case 218: "set its capabilities"
            case 226: "set up its sandbox's namespaces"
            case 228: "set up its system call filter"
            case 233: "make its runtime directory"
            default: nil
            }
        return step.map { "systemd could not \($0) (\(code))" } ?? "the process ended with exit code \(code)"
    }
}
