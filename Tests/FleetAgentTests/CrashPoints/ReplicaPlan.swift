import Fleet
import ReplicaLifecycle

@testable import FleetAgent

/// Revisions with their files, and what is wrong with some of them.
struct ReplicaPlan: Sendable {
    enum Fault: Hashable, Sendable {
        /// It is ready, and answers the golden probe otherwise.
        case wrongAnswer
        /// It ends right after its start.
        case dies
        /// It runs, and its model is never ready.
        case neverReady
    }

    /// How one revision takes the place of another.
    enum Way: Hashable, Sendable, CaseIterable {
        /// One after the other, without an endpoint.
        case recreate
        /// One beside the other, and the endpoint is switched in the kernel.
        case switched
        /// The new one is proven on a private port, and then takes the endpoint's port.
        case bound
    }

    static let deployment = "uid-1"
    static let endpoint = Endpoint(port: 8080, to: "p")
    static let stableFor = Span.seconds(30)
    static let facts = HostFacts(
        agentVersion: "test",
        user: "test",
        isRoot: false,
        address: "127.0.0.1",
        kernel: "test",
        processors: 1,
        memory: 1 << 30,
        boot: "1"
    )

    let way: Way
    let source = MemorySource()
    let revisions: [Revision]
    private let bundles: [Digest: BundleList]
    private let bundleDigests: [Digest: Digest]
    var faults: [UInt64: Fault] = [:]

    /// Three revisions; they share a file.
    init(_ way: Way = .recreate) throws {
        self.way = way
        var revisions: [Revision] = []
        var bundles: [Digest: BundleList] = [:]
        var bundleDigests: [Digest: Digest] = [:]
        for number in 1...UInt64(3) {
            let bundle = try source.add(bundle: ["model/weights": "weights \(number)", "shared": "the same"])
            let content = RevisionContent(
                model: .init(name: "m", version: "\(number)", format: "f", bundle: bundle),
                runtime: RuntimeProfile(
                    name: "r",
                    command: ["x"],
                    ports: ["p"],
                    update: way == .recreate ? .recreate : .sideBySide,
                    ready: .init(port: "p", path: "/")
                ),
                environment: [:],
                probe: nil
            )
            let revision = Revision(number: number, content: content, written: Digest(of: "\(number)".utf8))
            revisions.append(revision)
            bundles[bundle] = try BundleList(bytes: source.bytes(of: bundle) ?? [])
            bundleDigests[revision.digest] = bundle
        }
        self.revisions = revisions
        self.bundles = bundles
        self.bundleDigests = bundleDigests
    }

    var update: RuntimeProfile.Update { way == .recreate ? .recreate : .sideBySide }
    var means: EndpointMeans { way == .switched ? .switched : .bound }

    /// What clients reach.
    func answering(_ world: SimulatedHost.World) -> RevisionReference? {
        let answering = world.processes.values.filter { process in
            switch way {
            case .recreate: true
            case .switched: process.ticket.ports["p"] == world.table[Self.endpoint.port]
            case .bound: process.ticket.ports["p"] == Self.endpoint.port
            }
        }
        return answering.first?.ticket.revision
    }

    func revision(_ number: UInt64) -> Revision { revisions[Int(number) - 1] }

    func reference(_ number: UInt64) -> RevisionReference { revision(number).reference }

    func bundle(of revision: Revision) throws(AgentError) -> Digest {
        if let bundle = bundleDigests[revision.digest] { return bundle }
        throw AgentError(.refused, "revision \(revision.number) is not of this plan")
    }

    func item(
        _ number: UInt64,
        _ order: AssignmentItem.Order = .converge,
        _ revision: UInt64? = nil,
        succeeded: [UInt64] = [],
        held: [UInt64] = []
    ) -> AssignmentItem {
        AssignmentItem(
            deployment: Self.deployment,
            name: "wine",
            number: number,
            order: order,
            revision: revision.map(self.revision),
            endpoint: way == .recreate ? nil : Self.endpoint,
            stableFor: Self.stableFor,
            rollbackStableFor: .seconds(3),
            succeeded: succeeded.map(reference),
            holds: held.map { number in
                Hold(
                    id: "h\(number)",
                    deployment: Self.deployment,
                    revision: reference(number),
                    actor: "ada",
                    reason: "wrong",
                    since: Instant(milliseconds: 1)
                )
            }
        )
    }

    /// Whether every file of a revision stands where a replica reads it, as it should be.
    func isWhole(_ revision: Revision, _ disk: DiskImage) -> Bool {
        guard let bundle = try? bundle(of: revision), let list = bundles[bundle] else { return false }
        return list.files.allSatisfy { file in
            disk.bytes("\(SimulatedAgent.files)/models/\(bundle.hex)/\(file.path)").map { Digest(of: $0) }
                == file.digest
        }
    }

    /// Whether everything is here that a revision can be started from, as it should be.
    func isHere(_ revision: Revision, _ disk: DiskImage) -> Bool {
        guard let bundle = try? bundle(of: revision), let list = bundles[bundle] else { return false }
        return ([bundle] + list.files.map(\.digest)).allSatisfy { digest in
            disk.bytes("\(SimulatedAgent.files)/blobs/sha256/\(digest.hex)").map { Digest(of: $0) } == digest
        }
    }
}
