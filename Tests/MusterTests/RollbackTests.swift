import Fleet
import Testing

@testable import muster

@Suite struct RollbackTests {
    private let old = Samples.revision(1, "1.0.0")
    private let new = Samples.revision(2, "2.0.0")

    @Test func whatIsCondemnedIsSaidBefore() throws {
        var view = try Samples.deployment(hosts: [Samples.host("a", .verified, serving: new)])
        view.written = Samples.revision(3, "3.0.0")
        #expect(try RollbackCommand.announcement(of: view).hasPrefix("This condemns wine 2.0.0 (revision 2) of 'wine'"))
        // A rollout that is under way, or going back, is what is meant.
        for state in [Rollout.State.progressing, .aborting] {
            view.rollout = Samples.rollout(state, [.starting]).rollout
            view.wanted = old
            #expect(try RollbackCommand.announcement(of: view).contains("condemns wine 2.0.0 (revision 2)"))
        }
        view.rollout = Samples.rollout(.aborted, [.reverted]).rollout
        #expect(try RollbackCommand.announcement(of: view).contains("condemns wine 1.0.0 (revision 1)"))
        view.rollout = Samples.rollout(.progressing, [.starting]).rollout
        view.hosts = []
        #expect(try RollbackCommand.announcement(of: view).contains("condemns revision 2 of"))
    }

    @Test func aRollbackThatRunsIsJoined() throws {
        let going = Samples.host("a", .starting, serving: new, receipt: .inProgress(.starting))
        let view = try Samples.deployment(hosts: [going], holds: [Samples.hold])
        #expect(
            try RollbackCommand.announcement(of: view)
                == "wine 2.0.0 (revision 2) of 'wine' is being rolled back already; this joins that rollback."
        )
    }

    @Test func nothingWantedIsNotAskedFor() throws {
        var view = try Samples.deployment(hosts: [])
        view.wanted = nil
        let failure = try #require(throws: CommandFailure.self) { try RollbackCommand.announcement(of: view) }
        #expect(failure.hint == "see why: muster explain deployment/wine")
    }
}
