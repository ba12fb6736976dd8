import ArgumentParser
import Fleet
import Testing

@testable import muster

/// What `muster rollback` takes, and what it refuses before anybody is asked.
@Suite struct RollbackTests {
    private static func command(_ words: [String]) async throws -> RollbackBegin {
        let command = try await Muster.asyncParseAsRoot(["rollback"] + words)
        return try #require(command as? RollbackBegin)
    }

    private static func refusal(_ words: [String]) async -> String {
        do {
            _ = try await Muster.asyncParseAsRoot(["rollback"] + words)
            return ""
        } catch {
            return Muster.message(for: error)
        }
    }

    @Test(arguments: [
        (["wine"], "wine"), (["deployment/wine", "wine"], "wine"), (["wine", "beer"], "all"), (["--all"], "all"),
        (["--selector", "env=prod", "--hosts", "site=lyon"], "all"),
    ])
    func theScopeSaysWhatConfirmsIt(words: [String], confirmation: String) async throws {
        let command = try await Self.command(words)
        #expect(try command.scope.confirmation() == confirmation)
    }

    @Test func theScopeIsAskedForAsItIsTyped() async throws {
        func scope(_ words: String...) async throws -> Rollback.Scope {
            try await Self.command(words).scope.scope()
        }
        #expect(try await scope("deployment/wine", "beer", "wine") == .deployments(["wine", "beer"]))
        #expect(try await scope("-l", "env=prod") == .selector("env=prod"))
        #expect(try await scope("--all") == .all)
        let command = try await Self.command(["-l", "env=prod", "--hosts", "site=lyon"])
        #expect(command.scope.typed == "--selector 'env=prod' --hosts 'site=lyon'")
    }

    @Test(arguments: [
        ([], "name a deployment, or say --selector LABELS or --all."),
        (["wine", "--all"], "names, --selector and --all exclude each other."),
        (["wine", "--hosts", "site in"], "--hosts 'site in' is no selector:"),
        (["--selector", ""], "--selector '' has no condition, so it would take everything;"),
        (["host/lyon-1"], "'host/lyon-1' is no deployment; name one: NAME, or deployment/NAME."),
        (["wine", "--to", "1.0.0", "--to-time", "02:55"], "--to and --to-time exclude each other."),
        (["wine", "--to", "lastgood"], "--to 'lastgood': did you mean 'last-good'?"),
        (["wine", "--reason", " "], "--reason is empty; say why."),
        (["wine", "-w", "--plan"], "-w excludes --plan and -o json;"),
        (["wine", "--all-hosts"], "--all-hosts is for --plan."),
        (["wine", "--strategy", "fsat"], "'fsat' is invalid for '--strategy <strategy>'"),
        (["wine", "--on-failure", "die"], "'die' is invalid for '--on-failure <on-failure>'"),
        (["wine", "--slector", "a=b"], "Unknown option '--slector'. Did you mean '--selector'?"),
        (["undo", "4f1c"], "'--reason <reason>'"), (["list", "--limit", "0"], "--limit is 0; write 1 to 1000."),
        (["drill", "wine", "--percent", "0"], "--percent is 0; write 1 to 100."),
    ])
    func slipsAreRefusedBeforeAnybodyIsAsked(words: [String], message: String) async {
        let refusal = await Self.refusal(words)
        #expect(refusal.contains(message), "\(refusal)")
    }

    @Test func aWrongConfirmationStopsIt() throws {
        let failure = try #require(throws: CommandFailure.self) { try RollbackBegin.check("win", wanted: "wine") }
        #expect(failure.message == "nothing was rolled back: 'win' is not 'wine'")
        #expect(failure.exitCode == 64)
    }
}
