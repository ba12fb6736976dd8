import Fleet
import FleetPlanning
import Synchronization
import Testing

@testable import FleetController

@Suite struct DeploymentThawTests {
    private static let start = Instant(milliseconds: 0)
    private let old = revision(1, "old")
    private let unknown = revision(2, "unknown").reference

    private static func revision(_ number: UInt64, _ text: String) -> Revision {
        let runtime = RuntimeProfile(
            name: "server",
            command: ["serve", text],
            ports: ["http"],
            ready: .init(port: "http", path: "/")
        )
        let content = RevisionContent(
            model: .init(name: "wine", version: text, format: "text", bundle: Digest(of: text.utf8)),
            runtime: runtime,
            environment: [:],
            probe: nil
        )
        return Revision(number: number, content: content, written: Digest(of: text.utf8))
    }

    private func host(
        _ name: String,
        order: AssignmentItem.Order = .converge,
        serving: RevisionReference?,
        target: RolloutTarget? = nil
    ) -> DeploymentPicture.Host {
        let item = AssignmentItem(
            deployment: "d",
            name: "wine",
            number: 3,
            order: order,
            revision: order == .remove ? nil : old,
            stableFor: .seconds(1),
            rollbackStableFor: .seconds(1)
        )
        let report = ReplicaReport(
            deployment: "d",
            name: "wine",
            item: 9,
            goal: serving,
            state: .verified,
            since: Self.start,
            serving: serving
        )
        let isSelected = order != .remove
        return .init(id: name, name: name, isSelected: isSelected, target: target, item: item, report: report)
    }

    private func thaw(_ hosts: [DeploymentPicture.Host], silent: Set<String> = [], rollout: Rollout? = nil)
        -> DeploymentThaw
    {
        let directory = HostDirectory()
        for host in hosts {
            let enrolled = FleetHost(
                id: host.id,
                name: host.name,
                labels: [:],
                machine: "",
                instance: "i",
                enrolledAt: Self.start
            )
            let entry = HostEntry(host: enrolled, assignment: nil, report: nil, outbox: 0, lastHeard: nil)
            entry.state.withLock { $0.hasReported = !silent.contains(host.id) }
            directory.add(entry)
        }
        let picture = DeploymentPicture(
            uid: "d",
            name: "wine",
            written: old,
            revisions: [old],
            succeeded: [old.reference],
            rollout: rollout,
            isFrozen: true,
            hosts: hosts
        )
        return DeploymentThaw(picture: picture, directory: directory)
    }

    @Test func onlyOrdersThatHostsLeftBehindAreTakenAway() {
        let thaw = thaw(
            [
                host("there", serving: old.reference), host("ahead", serving: unknown), host("empty", serving: nil),
                host("silent", serving: old.reference), host("staging", order: .stage, serving: unknown),
                host("leaving", order: .remove, serving: unknown),
            ],
            silent: ["silent"]
        )
        #expect(thaw.askedAnew == ["ahead", "empty", "silent"])
        let moves = thaw.picture.hosts.filter { thaw.move(of: $0) != nil }
        #expect(moves.map(\.id) == ["ahead", "empty", "staging", "leaving"])
        #expect(moves.map { thaw.move(of: $0)?.to?.number } == [1, 1, 1, nil])
    }

    @Test func whatARolloutHadUnderWayGoesOn() {
        let rollout = Rollout(
            id: "r",
            deployment: "d",
            revision: old.reference,
            state: .paused,
            since: Self.start,
            reason: "restored",
            startedAt: Self.start,
            waveEnds: [2]
        )
        func target(_ name: String, _ asked: RolloutTarget.Asked, _ state: TargetState) -> RolloutTarget {
            RolloutTarget(host: name, name: name, wave: 0, asked: asked, state: state, since: Self.start)
        }
        let thaw = thaw(
            [
                host("moving", serving: unknown, target: target("moving", .go, .starting)),
                host("verified", serving: unknown, target: target("verified", .go, .verified)),
                host("waiting", serving: unknown, target: target("waiting", .nothing, .pending)),
            ],
            rollout: rollout
        )
        #expect(thaw.askedAnew == ["verified", "waiting"])
        #expect(thaw.picture.hosts.allSatisfy { thaw.move(of: $0)?.note == "when its rollout is resumed" })
    }
}
