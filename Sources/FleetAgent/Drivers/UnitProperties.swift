import Fleet

/// The properties of a replica's transient unit (systemd.exec(5), systemd.resource-control(5)), as `systemd-run` takes them.
struct UnitProperties: Sendable {
    /// Whom it runs as.
    enum User: Hashable, Sendable {
        /// A user that systemd makes for this start, in a group that may read models.
        case dynamic(group: UInt32)
        /// A user of the host.
        case named(String)
    }

    /// Where a bundle is seen from inside: at a path that every user may pass through.
    ///
    /// - Parameter directory: where the agent keeps it; its last part is the bundle's digest.
    static func seen(_ directory: String) -> String {
        "/run/muster-models/\(directory.split(separator: "/").last ?? "model")"
    }

    var user: User
    var sandbox: RuntimeProfile.SystemdSettings.Sandbox
    var resources: ReplicaResources?
    var stop: RuntimeProfile.Stop
    /// The runtime directory's name, below `/run`.
    var place: String
    /// The bundle as the agent keeps it.
    var model: String
    /// What the runtime brings, and the agent's directory that it stands in; `nil` when it brings nothing.
    var runtime: (directory: String, inside: String)?
    /// What `muster-shim --once -` reads: systemd opens it for a user who may not.
    var specification: String
    /// Where standard output and standard error are appended.
    var log: String

    /// `Name=value` each.
    var texts: [String] {
        // The unit stays after its process has ended, so that how it ended can be asked.
        var texts = [
            "RemainAfterExit=yes", "KillMode=mixed", "KillSignal=SIG\(stop.signal)",
            "TimeoutStopSec=\(max(1, (stop.grace.milliseconds + 999) / 1000))s", "RuntimeDirectory=\(place)",
            "RuntimeDirectoryMode=0700", "StandardInput=file:\(specification)",
            "BindReadOnlyPaths=\(model):\(Self.seen(model))", "StandardOutput=append:\(log)",
            "StandardError=append:\(log)",
        ]
        if let runtime {
            // It names its own path, and no user but the agent's may pass through the data directory: so there is an empty one
            // in its place, with nothing but this in it.
            texts += [
                "TemporaryFileSystem=\(runtime.inside):ro",
                "BindReadOnlyPaths=\(runtime.directory):\(runtime.directory)",
            ]
        }
        switch user {
        case .dynamic(let group): texts += ["DynamicUser=yes", "SupplementaryGroups=\(group)"]
        case .named(let name): texts.append("User=\(name)")
        }
        return texts + Self.sandbox(sandbox) + Self.limits(resources)
    }

    /// What keeps a replica from the rest of the host.
    static func sandbox(_ sandbox: RuntimeProfile.SystemdSettings.Sandbox) -> [String] {
        switch sandbox {
        case .off: ["NoNewPrivileges=yes"]
        case .strict:
            [
                "NoNewPrivileges=yes", "PrivateTmp=yes", "ProtectSystem=strict", "ProtectHome=read-only",
                "ProtectKernelTunables=yes", "ProtectKernelModules=yes", "ProtectControlGroups=yes",
                "RestrictSUIDSGID=yes", "LockPersonality=yes",
            ]
        }
    }

    /// Limits of resources; nothing for what is not said.
    static func limits(_ resources: ReplicaResources?) -> [String] {
        guard let resources else { return [] }
        return [
            resources.memory.map { "MemoryMax=\($0.bytes)" },
            // CPUQuota takes hundredths of a percent at most.
            resources.cpu.map { "CPUQuota=\($0.millis / 10).\($0.millis % 10)%" },
            resources.processes.map { "TasksMax=\($0)" },
            resources.openFiles.map { "LimitNOFILE=\($0)" },
        ].compactMap(\.self)
    }
}
