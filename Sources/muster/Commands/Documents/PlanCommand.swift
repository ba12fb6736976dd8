import ArgumentParser
import Fleet
import FleetClient
import FleetManifest

/// `muster plan`.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what applying files would do, host by host. It changes nothing.",
        discussion: "Exit codes: 0 nothing to do (held content says by whom), 1 error, 2 changes are pending."
    )

    @OptionGroup var files: FileOptions

    func run() async throws {
        let documents = try ManifestFiles.read(files.files)
        var isPending = false
        try await OperatorSession.run { session in
            do {
                let plan = try await session.client.plan(documents: documents.map { JSONTextWriter.compact($0.node) })
                isPending = PlanPrinter.isPending(plan)
                session.terminal.say(PlanPrinter.text(plan, style: session.terminal.style))
                session.terminal.say(
                    isPending ? "\nTo do it: \(PlanPrinter.command(for: plan, files: files.typed))" : "\nNothing to do."
                )
            } catch let error as ClientError {
                throw CommandFailure(error, documents: documents)
            }
        }
        if isPending { throw ExitCode(2) }
    }
}
