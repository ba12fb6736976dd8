import ArgumentParser
import Fleet
import FleetClient

/// `muster audit verify`.
struct AuditVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Prove that no record of the audit was changed, removed or put in.",
        discussion: """
            Every record is fetched and hashed here; the controller is not believed. A chain that somebody has written \
            anew as a whole is told only by a record that was noted elsewhere: keep what this prints, and give it with \
            --known the next time. Exit code 1 when the chain is broken.
            """
    )

    @Option(help: ArgumentHelp("A record that was noted earlier.", valueName: "number:sha256:…")) var known: String?

    func validate() throws {
        guard known == nil || (try? Self.reference(known)) != nil else {
            throw ValidationError("--known '\(known ?? "")' is no record; write it like 42:sha256:….")
        }
    }

    func run() async throws {
        let known = try Self.reference(known)
        try await OperatorSession.run { session in
            var chain = AuditChain()
            var first: Instant?
            var last: Instant?
            var isKnown = known == nil
            var page = try await session.client.audit()
            // What is written meanwhile is left for the next time.
            let head = page.head
            while true {
                for record in page.items where record.sequence <= head.sequence {
                    if let why = chain.take(record) { throw Self.broken(chain.end.sequence + 1, why) }
                    first = first ?? record.at
                    last = record.at
                    if chain.end == known { isKnown = true }
                }
                guard let next = page.next, next < head.sequence else { break }
                page = try await session.client.audit(after: next)
            }
            if let why = chain.problem(endingAt: head) { throw Self.broken(chain.end.sequence + 1, why) }
            guard isKnown else {
                throw CommandFailure(
                    .auditBroken,
                    "the audit was written anew: record \(known?.sequence ?? 0) is not the one that was noted",
                    hint: "compare it with a backup of the controller's store"
                )
            }
            let span = first.flatMap { first in last.map { ", from \(first) to \($0)" } } ?? ""
            session.terminal.say("the audit is whole: \(chain.end.sequence) records\(span)")
            session.terminal.say("\nNote this elsewhere: --known \(chain.end.sequence):\(chain.end.hash)")
        }
    }

    /// Reads `42:sha256:…`.
    static func reference(_ text: String?) throws -> AuditReference? {
        guard let text else { return nil }
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, let sequence = UInt64(parts[0]), let digest = Digest(parts[1]) else {
            throw ValidationError("'\(text)' is no record; write it like 42:sha256:….")
        }
        return AuditReference(sequence: sequence, hash: digest.description)
    }

    private static func broken(_ sequence: UInt64, _ why: String) -> CommandFailure {
        CommandFailure(
            .auditBroken,
            "the audit is broken at record \(sequence): \(why)",
            hint: "compare it with a backup of the controller's store; everything before it is proven"
        )
    }
}
