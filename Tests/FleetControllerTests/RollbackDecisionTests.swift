import Fleet
import FleetPlanning
import Testing

@testable import FleetController
@testable import FleetStore

/// What a rollback does with one deployment, from what is stored and what hosts last said.
@Suite struct RollbackDecisionTests {
    /// Revision n holds version n.
    private static func reference(_ number: UInt64) -> RevisionReference {
        let digest = Digest(of: "\(number)".utf8)
        return RevisionReference(number: number, digest: digest, written: digest)
    }

    private static func hold(_ number: UInt64, id: String = "h", hosts: [String]? = nil) -> Hold {
        Hold(
            id: id,
            deployment: "u",
            revision: reference(number),
            actor: "ana",
            reason: "wrong",
            since: Instant(milliseconds: 0),
            hosts: hosts
        )
    }

    private static func host(
        _ name: String,
        serving: UInt64?,
        good: [UInt64] = [],
        goal: UInt64? = nil,
        dark: Bool = false,
        pinned: Bool = false,
        readiness: RollbackReadiness? = nil
    ) -> RollbackBasis.Host {
        var report = ReplicaReport(
            deployment: "u",
            name: "wine",
            item: 1,
            goal: goal.map { reference($0) },
            state: goal == nil ? .verified : .starting,
            since: Instant(milliseconds: 0),
            serving: serving.map { reference($0) },
            good: good.map { reference($0) }
        )
        report.rollback = readiness
        if pinned { report.pin = LocalPin(actor: "bo", reason: "a demo", since: Instant(milliseconds: 0)) }
        return RollbackBasis.Host(
            id: name,
            name: name,
            unreachableSince: dark ? Instant(milliseconds: 1) : nil,
            isSelected: true,
            isCordoned: false,
            replicas: [report],
            index: 0
        )
    }

    private static func basis(
        rollout: (UInt64, Rollout.State)? = nil,
        succeeded: [UInt64],
        holds: [Hold] = [],
        running: (id: String, hosts: Set<String>?)? = nil,
        recent: RecentRollback? = nil,
        hosts: [RollbackBasis.Host] = [],
        isEverywhere: Bool = true
    ) throws -> RollbackBasis {
        let now = Instant(milliseconds: 0)
        return RollbackBasis(
            record: DeploymentRecord(
                uid: "u",
                deployment: Deployment(
                    name: "wine",
                    content: .init(model: "wine", version: "4", runtime: "server"),
                    scope: .init(hosts: try LabelSelector("site=lyon"), endpoint: nil)
                ),
                contentVersion: 1,
                scopeVersion: 1,
                policyVersion: 1,
                revision: 4,
                plan: 1,
                state: .active,
                resourceVersion: 1,
                createdAt: now
            ),
            rollout: rollout.map { number, state in
                Rollout(
                    id: "r",
                    deployment: "u",
                    revision: reference(number),
                    state: state,
                    since: now,
                    reason: "",
                    startedAt: now,
                    waveEnds: [1]
                )
            },
            succeeded: succeeded.map { reference($0) },
            revisions: (1...4).map { RevisionSummary(reference: reference($0), version: "\($0)") },
            holds: holds,
            running: running,
            recent: recent,
            hosts: hosts,
            isEverywhere: isEverywhere
        )
    }

    /// `go CONDEMNED > TARGET`, `join ID`, or `refuse WHY`.
    private static func words(_ decision: RollbackDecision) -> String {
        switch decision {
        case .join(let id): "join \(id)"
        case .go(let condemned, let target):
            "go \(condemned.map { "\($0.number)" }.joined(separator: " ")) > \(target.map { "\($0.number)" } ?? "own")"
        case .refuse(let why, let next): next.isEmpty ? "no next step" : "refuse \(why)"
        }
    }

    @Test func withoutATargetWhatIsWantedIsCondemned() throws {
        func decided(_ basis: RollbackBasis) -> String { Self.words(RollbackDecision(basis, to: .lastGood)) }
        #expect(decided(try Self.basis(succeeded: [1, 2])) == "go 2 > own")
        #expect(decided(try Self.basis(rollout: (3, .progressing), succeeded: [1, 2])) == "go 3 > own")
        #expect(decided(try Self.basis(rollout: (3, .aborting), succeeded: [1, 2])) == "go 3 > own")
        #expect(decided(try Self.basis(rollout: (3, .aborted), succeeded: [1, 2])) == "go 2 > own")
        #expect(
            decided(try Self.basis(rollout: (3, .paused), succeeded: [1, 2], holds: [Self.hold(3)])) == "go 2 > own"
        )
        #expect(decided(try Self.basis(succeeded: [1, 3, 2], holds: [Self.hold(3)])) == "go 2 > own")
        #expect(decided(try Self.basis(succeeded: [])).contains("no rollout of it has succeeded"))
        let all = decided(try Self.basis(succeeded: [1, 2], holds: [Self.hold(1), Self.hold(2, id: "x")]))
        #expect(all.contains("every revision that succeeded is condemned") && all.contains("ana"), "\(all)")
    }

    @Test func nobodyGoesTwoVersionsBackBecauseTwoPeoplePressed() throws {
        let hosts = [Self.host("a", serving: 2), Self.host("b", serving: 2)]
        func decided(_ running: Set<String>?, narrow: Bool, _ to: Rollback.Destination = .lastGood) throws -> String {
            let basis = try Self.basis(
                succeeded: [1, 2],
                running: ("r", running),
                hosts: hosts,
                isEverywhere: !narrow
            )
            return Self.words(RollbackDecision(basis, to: to))
        }
        #expect(try decided(nil, narrow: false) == "join r")
        #expect(try decided(nil, narrow: true) == "join r")
        #expect(try decided(["a", "b", "c"], narrow: true) == "join r")
        #expect(try decided(["a"], narrow: true) == "go 2 > own", "it does not go on everywhere that is meant")
        #expect(try decided(["a", "b"], narrow: false) == "go 2 > own", "nor for hosts to come")
        #expect(try decided(nil, narrow: false, .version("1")) == "go 2 > 1")
    }

    /// A second press just after a rollback has ended would condemn what was good.
    @Test func whatHasJustBeenRolledBackGoesFurtherOnlyWhenThatIsSaid() throws {
        func recent(at time: Int64, condemning: UInt64 = 3) -> RecentRollback {
            let at = Instant(milliseconds: time)
            let rollback = Rollback(id: "r1", actor: "ada", reason: "class 0", at: at, scope: .all)
            return RecentRollback(rollback: rollback, ended: at, condemned: [Self.reference(condemning)])
        }
        func decided(
            _ recent: RecentRollback,
            rollout: (UInt64, Rollout.State)? = nil,
            to: Rollback.Destination = .lastGood,
            again: Bool = false
        ) throws -> String {
            let basis = try Self.basis(
                rollout: rollout,
                succeeded: [1, 3, 2],
                holds: [Self.hold(3)],
                recent: recent
            )
            return Self.words(RollbackDecision(basis, to: to, again: again))
        }
        let refused = try decided(recent(at: 5))
        #expect(refused.contains("ada rolled it back") && refused.contains("one version further back"), "\(refused)")
        #expect(refused.contains("r1: class 0"))
        #expect(try decided(recent(at: 5), again: true) == "go 2 > own")
        #expect(try decided(recent(at: 5), to: .version("1")) == "go 2 > 1", "who names a target means it")
        #expect(try decided(recent(at: 5, condemning: 2)) == "go 2 > own", "the same on further hosts")
        #expect(try decided(recent(at: -5), rollout: (4, .progressing)) == "go 4 > own", "rolled out since")
        #expect(try decided(recent(at: 5), rollout: (4, .progressing)).contains("further back"), "running before")
        #expect(try decided(recent(at: -5), rollout: (4, .aborted)).contains("further back"))
    }

    @Test func aNarrowRollbackLooksAtItsHosts() throws {
        let hosts = [Self.host("a", serving: 2), Self.host("b", serving: 2)]
        func decided(_ holds: [Hold], _ hosts: [RollbackBasis.Host]) throws -> String {
            let basis = try Self.basis(succeeded: [1, 2, 3], holds: holds, hosts: hosts, isEverywhere: false)
            return Self.words(RollbackDecision(basis, to: .lastGood))
        }
        #expect(try decided([], hosts) == "go 3 > own")
        #expect(try decided([Self.hold(3, hosts: ["a", "b"])], hosts) == "go 2 > own")
        #expect(try decided([Self.hold(3, hosts: ["a"])], hosts) == "go 3 > own")
        #expect(try decided([], []).contains("none of its hosts matches"))
    }

    @Test func aVersionCondemnsEverythingLater() throws {
        func decided(_ version: String, _ basis: RollbackBasis) -> String {
            Self.words(RollbackDecision(basis, to: .version(version)))
        }
        #expect(decided("1", try Self.basis(succeeded: [1, 2, 3])) == "go 2 3 > 1")
        #expect(decided("2", try Self.basis(succeeded: [1, 2, 3])) == "go 3 > 2")
        #expect(decided("1", try Self.basis(rollout: (4, .progressing), succeeded: [1, 2])) == "go 2 4 > 1")
        // What a host was left with after an aborted rollout.
        let left = try Self.basis(succeeded: [1, 2], hosts: [Self.host("a", serving: 4)])
        #expect(decided("1", left) == "go 2 4 > 1")
        #expect(decided("1", try Self.basis(succeeded: [1, 2, 3], holds: [Self.hold(3)])) == "go 2 > 1")
        #expect(decided("3", try Self.basis(succeeded: [1, 2])).contains("version 3 never succeeded"))
        #expect(decided("2", try Self.basis(succeeded: [1, 2])).contains("wanted already"))
        let held = decided("1", try Self.basis(succeeded: [1, 2], holds: [Self.hold(1)]))
        #expect(held.contains("condemned by ana") && held.contains("wrong"))
    }

    @Test func aTimeIsWhatMostHostsServedThen() throws {
        let time = Instant(milliseconds: 5)
        let hosts = ["a", "b", "c"].map { Self.host($0, serving: 3) }
        func decided(_ served: [String: UInt64], _ succeeded: [UInt64] = [1, 2, 3]) throws -> String {
            let basis = try Self.basis(succeeded: succeeded, hosts: hosts)
            let served = served.mapValues { Self.reference($0) }
            return Self.words(RollbackDecision(basis, to: .time(time), served: served))
        }
        #expect(try decided(["a": 1, "b": 1, "c": 2]) == "go 2 3 > 1")
        #expect(try decided(["a": 1, "b": 2]) == "go 3 > 2", "of two that are as many, the newer")
        #expect(try decided(["a": 4, "b": 4, "c": 2]) == "go 3 > 2", "what never succeeded does not count")
        #expect(try decided(["x": 1]).contains("none of its hosts is known"))
        #expect(try decided(["a": 4]).contains("never succeeded"))
        #expect(try decided(["a": 3]).contains("wanted already"))
    }

    @Test func aPreviewSaysWhatBecomesOfEachHost() throws {
        let way = Self.reference(1)
        let hosts = [
            Self.host("a", serving: 2, good: [1, 2], readiness: RollbackReadiness(.ready, revision: way)),
            Self.host("b", serving: 2, good: [1, 2], dark: true),
            Self.host("c", serving: 2, good: [2]), Self.host("d", serving: 1, good: [1]),
            Self.host("e", serving: 1, good: [1], goal: 2), Self.host("f", serving: 2, good: [1], pinned: true),
            Self.host("g", serving: nil),
            Self.host(
                "h",
                serving: 2,
                good: [1],
                readiness: RollbackReadiness(.notReady, revision: way, reason: "gone")
            ),
        ]
        let basis = try Self.basis(succeeded: [1, 2], holds: [Self.hold(4)], hosts: hosts)
        let fates = hosts.map { RollbackFate($0, basis, [Self.reference(2)], nil) }
        #expect(
            fates.map(\.kind) == [
                .inProgress, .offline, .noTarget, .unaffected, .inProgress, .pinned, .unaffected, .inProgress,
            ]
        )
        #expect(fates.map { $0.to?.number } == [1, 1, nil, nil, 1, nil, nil, 1])
        #expect(fates.map(\.readiness) == [.ready, nil, nil, nil, nil, nil, nil, .notReady])
        #expect(fates[7].reason == "gone" && fates[5].reason?.contains("muster-agent unpin wine") == true)
        let explicit = RollbackFate(hosts[2], basis, [Self.reference(2)], way)
        #expect(explicit.kind == .inProgress && explicit.to == way, "it fetches what it lacks")
        let held = try Self.basis(succeeded: [1, 2], holds: [Self.hold(1, hosts: ["a"])], hosts: hosts)
        #expect(RollbackFate(hosts[0], held, [Self.reference(2)], nil).kind == .noTarget)
        #expect(RollbackFate(hosts[1], held, [Self.reference(2)], nil).kind == .offline)
    }

    // MARK: The gate

    private static func picture(_ name: String, _ readiness: RollbackReadiness?, dark: Bool = false, good: Bool = true)
        -> DeploymentPicture.Host
    {
        let host = host(name, serving: 2, good: good ? [2] : [], readiness: readiness)
        return DeploymentPicture.Host(
            id: name,
            name: name,
            isSelected: true,
            unreachableSince: dark ? Instant(milliseconds: 1) : nil,
            report: host.report
        )
    }

    @Test func theGateCountsWhoCouldGoBack() {
        let hosts = [
            Self.picture("a", RollbackReadiness(.ready)), Self.picture("b", RollbackReadiness(.none)),
            Self.picture("c", RollbackReadiness(.none), good: false), Self.picture("d", RollbackReadiness(.checking)),
            Self.picture("e", RollbackReadiness(.notReady, reason: "gone")), Self.picture("f", nil),
            Self.picture("g", RollbackReadiness(.ready), dark: true),
            DeploymentPicture.Host(id: "new", name: "new", isSelected: true),
        ]
        let gate = ReadinessGate(hosts, .percent(50))
        #expect(gate.serving == 7 && gate.needed == 4 && !gate.isOpen)
        #expect(gate.unready.map(\.host) == ["c", "d", "e", "f", "g"])
        #expect(gate.unready[2].why == "gone")
        #expect(ReadinessGate(hosts, .count(2)).isOpen && !ReadinessGate(hosts, .count(3)).isOpen)
        #expect(ReadinessGate([], .percent(100)).isOpen)
    }
}
