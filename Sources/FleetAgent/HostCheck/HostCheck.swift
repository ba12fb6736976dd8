import Fleet
import Glibc
import RPCTransport

/// Looks at everything on this host that its agent needs. Changes nothing; blocks for some milliseconds.
struct HostCheck: Sendable {
    /// Below this the host cannot take another model; below a tenth of it, in bytes, nothing can be written safely.
    private static let roomWanted: Int64 = 1 << 30
    /// A table that carries fewer new connections a second is worth a word.
    private static let rateWanted = 1000

    let files: AgentFiles
    let ports: PrivatePorts
    let setting: EndpointSetting
    /// Ports that are to become endpoints.
    var planned: [UInt16] = []
    /// Whom replicas are to run as; the agent's own user when `nil`.
    var replicaUser: String?
    /// What the controller may ask of this host.
    var policy = PolicyFile()
    /// The container engine's socket; the first of the usual ones that is there when `nil`.
    var engine: String?

    /// Looks.
    func report() -> CheckReport {
        CheckReport(
            host: HostSystem.name,
            findings: [user(), enrolment(), shim(), policyFinding()] + endpoint() + replicas()
                + [systemd(), containers(), external(), conntrack(), disk()]
        )
    }

    private func user() -> CheckFinding {
        guard geteuid() == 0 else { return .ok("user", "this check runs as '\(HostSystem.user)'") }
        return .notice(
            "user",
            "this check runs as root",
            next: "give the agent a user of its own, and check as that user, with the same capabilities"
        )
    }

    private func enrolment() -> CheckFinding {
        do {
            let settings = try AgentIdentity(directory: files.directory).settings
            return .ok("enrolment", "host '\(settings.name)', address \(settings.address)")
        } catch {
            let next = "name its data directory with --data, or see `muster-agent enroll --help`"
            return .problem("enrolment", "\(error)", next: next)
        }
    }

    private func shim() -> CheckFinding {
        do {
            return .ok("shim", try ShimLauncher.beside().program)
        } catch {
            return .problem("shim", "\(error)", next: "install muster-shim beside muster-agent")
        }
    }

    private func policyFinding() -> CheckFinding {
        do {
            let policy = try policy.policy()
            let rules = HostPolicy.Rule.allCases.map { "\($0.rawValue): \(policy.text(of: $0))" }
            let place = policy.isWritten ? policy.file : "the default, there is no \(policy.file)"
            return .ok("policy", "\(place): \(rules.joined(separator: "; "))")
        } catch {
            return .problem("policy", error.message, next: "mend the file; the agent reads it again by itself")
        }
    }

    private func endpoint() -> [CheckFinding] {
        let name = "endpoint"
        guard setting == .auto else {
            return [
                .notice(name, "--endpoint is off: an update has a short gap", next: "start the agent with it 'auto'")
            ]
        }
        do {
            let nft = try Nftables()
            let version = try nft.version()
            let listing = try nft.listing()
            let table = try EndpointFile(path: files.endpoints).table()
            return [.ok(name, "\(version), and this user may switch")] + [privatePorts()]
                + kept(table, listing: listing) + taken(table) + firewall(try nft.ruleset(), table)
        } catch {
            return [
                .notice(
                    name,
                    "an update has a short gap: \(error)",
                    next: "see above; then check again as the agent's user"
                )
            ]
        }
    }

    private func privatePorts() -> CheckFinding {
        do {
            try ports.refuseOverlap()
            return .ok(
                "private ports",
                "\(ports.range.lowerBound)-\(ports.range.upperBound), outside the ephemeral range"
            )
        } catch {
            return .problem(
                "private ports",
                "\(error)",
                next: "the agent does not start until one of the two is changed"
            )
        }
    }

    private func kept(_ table: EndpointTable?, listing: String?) -> [CheckFinding] {
        guard let table, !table.endpoints.isEmpty else { return [] }
        let list = table.endpoints.sorted { $0.key < $1.key }
            .map { port, led in
                let place = led.flatMap { table.places[$0] }.map { " in a container, \($0)" } ?? ""
                return "\(port) → \(led.map { "\($0)" } ?? "rejects")\(place)"
            }.joined(separator: ", ")
        guard let listing, let found = EndpointTable(listing: listing), found == table else {
            return [
                .problem(
                    "rules",
                    "the kernel's rules are not those that the agent keeps (\(list))",
                    next:
                        "a running agent puts them back within 2 s; look at its log, and at `nft list table inet muster`"
                )
            ]
        }
        return [.ok("rules", list)]
    }

    private func taken(_ table: EndpointTable?) -> [CheckFinding] {
        let open = table.map { Set($0.open.keys) } ?? []
        let asked = Set(planned).union(table.map { Set($0.endpoints.keys) } ?? [])
        return asked.sorted().compactMap { port in
            guard let listener = try? TCPSockets.listeners(on: port).first else {
                return planned.contains(port) ? .ok("port \(port)", "nothing listens on it") : nil
            }
            let owner = SocketOwner.of(listener.inode) ?? "another program"
            guard table?.adopted.contains(port) != true else {
                return .notice(
                    "port \(port)",
                    "\(owner) listens on \(listener.local), behind the endpoint, which has taken the port over",
                    next: "stop it when its connections have ended (`muster-agent status` says how many are left)"
                )
            }
            return .problem(
                "port \(port)",
                "\(owner) listens on \(listener.local)" + (open.contains(port) ? ", behind the endpoint" : ""),
                next: "take the port over (`muster host adopt-port HOST \(port)`), stop that program "
                    + "(`ss -ltnp 'sport = :\(port)'` names it), or choose another endpoint.port"
            )
        }
    }

    private func firewall(_ ruleset: String, _ table: EndpointTable?) -> [CheckFinding] {
        let ports = Set(planned).union(table.map { Set($0.endpoints.keys) } ?? [])
        let obstacles = HostFirewall.obstacles(in: ruleset).map { obstacle in
            CheckFinding.problem(
                "firewall",
                "chain \(obstacle.chain) drops by default and does not let endpoints through; it sees the private port, "
                    + "so a rule for the endpoint's own port does not match",
                next: "add this rule, and keep it where the firewall keeps its own: \(obstacle.rule(for: Array(ports)))"
            )
        }
        let legacy = ((try? FileAccess.readText("/proc/net/ip_tables_names")) ?? "").contains("filter")
        guard legacy else { return obstacles.isEmpty ? [.ok("firewall", "nothing drops by default")] : obstacles }
        return obstacles + [
            .notice(
                "firewall",
                "rules of the older iptables are loaded too, which cannot be read here",
                next: "where INPUT drops by default: iptables -I INPUT -p tcp -m conntrack --ctstatus DNAT -j ACCEPT"
            )
        ]
    }

    private func conntrack() -> CheckFinding {
        guard let table = ConntrackTable.current() else {
            return .notice("conntrack", "the kernel tracks no connection yet", next: "check again while the agent runs")
        }
        let text = "\(table.size) entries, \(table.used) in use: about \(table.newPerSecond) new connections a second"
        guard table.used < table.size / 10 * 9 else {
            return .problem(
                "conntrack",
                text + "; it is almost full, and then new connections are dropped",
                next: "raise net.netfilter.nf_conntrack_max, for example to \(table.size * 4)"
            )
        }
        guard table.newPerSecond >= Self.rateWanted else {
            return .notice(
                "conntrack",
                text,
                next: "raise net.netfilter.nf_conntrack_max if clients do not keep theirs"
            )
        }
        return .ok("conntrack", text)
    }

    /// What replicas can be given here, and what is refused.
    private func replicas() -> [CheckFinding] {
        let capabilities: HostCapabilities
        do {
            capabilities = .here(
                user: try replicaUser.map { (name) throws(AgentError) in try ReplicaUser(named: name) }
            )
        } catch {
            return [.problem("replicas", error.message, next: "see to it before the agent is started")]
        }
        var findings: [CheckFinding] = []
        let isOther = replicaUser != nil && capabilities.replicaUser != HostSystem.user
        if isOther, let reason = capabilities.missing[.otherUser] {
            findings.append(
                .problem(
                    "replicas",
                    "cannot run as \(capabilities.replicaUser): \(reason)",
                    next: "give the agent these capabilities, or run it as root"
                )
            )
        } else if let policy = try? policy.policy(),
            let reason = PolicyRule(policy: policy, host: HostSystem.name)
                .user(capabilities.replicaUser, isRoot: capabilities.isRoot)
        {
            findings.append(.problem("replicas", reason, next: "until then every start is refused here"))
        } else if capabilities.isRoot {
            findings.append(
                .notice("replicas", "run as root", next: "give them a user of their own with --replica-user")
            )
        } else {
            findings.append(.ok("replicas", "run as \(capabilities.replicaUser)"))
        }
        let limits: [(HostCapabilities.Feature, String)] = [
            (.memoryLimit, "memory"), (.processorLimit, "cpu"), (.processLimit, "processes"),
        ]
        findings += limits.map { feature, name in
            guard let reason = capabilities.missing[feature] else { return .ok("\(name) limit", "can be enforced") }
            return .notice(
                "\(name) limit",
                "cannot be enforced: \(reason)",
                next: "a deployment with resources.\(name) is refused here; let the agent write to the control groups"
            )
        }
        let memory = ByteQuantity(bytes: capabilities.memory).readable
        findings.append(
            .ok(
                "resources",
                "\(memory) of memory, \(capabilities.accelerators) accelerators, at most \(capabilities.openFiles) open files"
            )
        )
        return findings + accelerators(capabilities.accelerators)
    }

    /// What the device files are, as the program of their driver says: where it cannot, no model server can use them either.
    func accelerators(_ count: Int64, places: [String] = AcceleratorListing.places) -> [CheckFinding] {
        guard count > 0 else { return [] }
        let files = "\(count) device files (/dev/nvidia0, …)"
        guard let program = places.first(where: { access($0, X_OK) == 0 }) else {
            return [
                .notice(
                    "accelerators",
                    "\(files), and no nvidia-smi to say what they are (looked for \(places.joined(separator: ", ")))",
                    next:
                        "install the driver's programs; deployments with resources.accelerators are started all the same"
                )
            ]
        }
        let why: String
        do {
            let result = try BoundedCommand(program: program).run(AcceleratorListing.arguments)
            let listing = AcceleratorListing(answer: result.output)
            if result.status == 0, listing.devices.count == count {
                return [.ok("accelerators", "\(count): \(listing.text)")]
            }
            why =
                result.status == 0
                ? "it lists \(listing.devices.count): \(listing.text)"
                : "it ended with \(result.status): \(result.complaint.isEmpty ? result.output : result.complaint)"
        } catch {
            why = error.message
        }
        return [
            .problem(
                "accelerators",
                "\(files), and \(program) does not agree: \(why.prefix(400))",
                next: "run it by hand; after an update of the driver, restart the host"
            )
        ]
    }

    /// Whether replicas can be units here.
    private func systemd() -> CheckFinding {
        guard let refusal = SystemdUnits.refusal else { return .ok("systemd", "`driver: systemd` can be used") }
        return .notice(
            "systemd",
            "`driver: systemd` cannot be used: \(refusal)",
            next: "a deployment that asks for it is refused here; let the agent do that, or use `driver: process`"
        )
    }

    /// Whether replicas can be containers here.
    private func containers() -> CheckFinding {
        let socket = EngineSocket(path: engine ?? EngineSocket.found, group: RPCEventLoops.shared)
        let why: String
        if let refusal = EngineSocket.refusal(of: socket.path) {
            why = refusal
        } else {
            do {
                let missing = try ContainerEngine(socket: socket).facts().missing
                guard !missing.isEmpty else {
                    return .ok("containers", "`driver: container` can be used: \(socket.path)")
                }
                let names: [HostCapabilities.Feature: String] = [
                    .memoryLimit: "memory", .processorLimit: "cpu", .processLimit: "processes",
                ]
                let list = missing.keys.compactMap { names[$0] }.sorted().joined(separator: ", ")
                return .notice(
                    "containers",
                    "`driver: container` can be used: \(socket.path), which cannot bound \(list)",
                    next: "a deployment with these in its resources is refused here; see the engine's own `info`"
                )
            } catch {
                why = error.message
            }
        }
        return .notice(
            "containers",
            "`driver: container` cannot be used: \(why)",
            next: "where it is wanted, start Podman's or Docker's socket, let the agent's user use it, or name it with "
                + "--container-engine"
        )
    }

    /// Whether models can be put into servers that run already: only where the policy says so.
    private func external() -> CheckFinding {
        let repositories = (try? policy.policy())?.words[.repositories] ?? []
        guard !repositories.isEmpty else {
            return .notice(
                "external",
                "`driver: external` cannot be used: rule 'repositories' allows none",
                next:
                    "where a server such as Triton runs already, write `repositories = /srv/triton/models` to the policy"
            )
        }
        let refused = repositories.compactMap { path in ExternalDriver.refusal(of: path).map { "\(path): \($0)" } }
        guard refused.isEmpty else {
            return .problem(
                "external",
                "models cannot be put into \(refused.joined(separator: "; "))",
                next:
                    "make it a directory that the agent's user alone may write and the server's user may read, or mend the policy"
            )
        }
        return .ok("external", "`driver: external` can be used with \(repositories.joined(separator: ", "))")
    }

    private func disk() -> CheckFinding {
        // The directory may be yet to be made: the nearest one above it has the room.
        var path = files.directory
        while !FileAccess.exists(path), path != "/" { path = FileAccess.parent(of: path) }
        guard let free = try? SystemDisk().free(at: path) else {
            return .problem("disk", "\(path) does not say how much room it has", next: "check --data")
        }
        let text = "\(free >> 20) MiB free for \(files.directory)"
        if free < Self.roomWanted / 10 { return .problem("disk", text, next: "free some: nothing new can be staged") }
        if free < Self.roomWanted { return .notice("disk", text, next: "free some before the next model comes") }
        return .ok("disk", text)
    }
}
