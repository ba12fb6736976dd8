import Fleet
import FleetClient
import FleetManifest

/// Why a command did not do what it was told: what failed, where, why, what to do next.
struct CommandFailure: Error, Equatable {
    /// What `muster help errors` explains it by; a newer controller may say a word that is not known here.
    var code: String
    /// What failed and why.
    var message: String
    /// Each thing that is wrong, with its place; lines about the same begin with spaces.
    var details: [String] = []
    /// What to do next.
    var hint: String?
    /// 1, unless a command says otherwise.
    var exitCode: Int32 = 1

    /// A failure in words of its own.
    init(
        _ code: MessageCode,
        _ message: String,
        details: [String] = [],
        hint: String? = nil,
        exitCode: Int32 = 1
    ) {
        self.code = code.rawValue
        self.message = message
        self.details = details
        self.hint = hint
        self.exitCode = exitCode
    }

    /// The command line is wrong, as only showed while the command ran: nothing was asked for. Exit code 64 (sysexits.h).
    static func usage(_ message: String, hint: String, code: MessageCode = .usage) -> CommandFailure {
        CommandFailure(code, message, hint: hint, exitCode: 64)
    }

    /// Mistakes in files: nothing was sent.
    init(problems: [ManifestProblem]) {
        let count = problems.count == 1 ? "1 problem" : "\(problems.count) problems"
        self.init(
            .manifest,
            "\(count) in what was read; nothing was sent",
            details: problems.prefix(ManifestLimits.problems).flatMap(\.lines)
                + (problems.count > ManifestLimits.problems
                    ? ["and \(problems.count - ManifestLimits.problems) more"] : []),
            hint: "correct \(problems.count == 1 ? "it" : "them") and try again"
        )
    }

    /// What a call failed with. Where the server points into a document that came from a file, its place is named.
    init(_ error: ClientError, documents: [ManifestDocument] = []) {
        let details = (error.problem?.errors ?? []).flatMap { PointerPlace.lines($0, documents: documents) }
        self.init(.internal, error.message, details: details, hint: error.hint)
        code = error.word
    }

    /// What is printed on standard error.
    func text(style: TextStyle) -> String {
        var lines = ["\(style.paint("muster:", .bad)) \(message) \(style.paint("[\(code)]", .faint))"]
        lines += details.map { "  \($0)" }
        if let hint { lines.append("  \(style.paint("→", .busy)) \(hint)") }
        return lines.joined(separator: "\n")
    }
}
