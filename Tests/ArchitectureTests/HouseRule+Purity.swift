extension HouseRule {
    /// Rooms that decide and do nothing else.
    static let pureRooms: Set<String> = [
        "Fleet", "FleetPlanning", "ReplicaLifecycle", "SessionLifecycle", "FleetMetrics",
    ]

    static let purity: [HouseRule] = [
        forbidden(
            "pure rooms neither wait, ask the time, throw dice nor make ids",
            tokens: [
                "async", "await", " .now", "(.now", "clock.now", "Date.now", "random(", "randomElement(", "shuffled(",
                "UUID(", "Task", "Date(",
                "ContinuousClock", "SuspendingClock", "SystemRandomNumberGenerator", "Mutex", "print(",
            ],
            reason: "a decision must be the same for the same arguments: time, ids and chance are handed in",
            where: isPure
        ),
        perFile(
            "pure rooms import no Foundation, no logging, no I/O",
            reason: "what a decision needs to say is in its result; effects belong to its owner",
            where: isPure
        ) { file in
            let allowed: Set<String> = pureRooms.union(["Crypto"])
            return file.imports.filter { !allowed.contains($0.module) }.map { ($0.line, "import \($0.module)") }
        },
        forbidden(
            "no shortcuts in programs",
            tokens: ["try!", "as!", "fatalError(", "NSLock(", "DispatchSemaphore("],
            reason: "a crash is no error message: throw one with its four parts, or make the state impossible",
            where: { $0.isSource }
        ),
        perFile(
            "nothing is left to do",
            reason: "what is not done is an issue, not a comment",
            where: { ($0.isSource || $0.isTest || $0.path.hasPrefix("Deploy/")) && !$0.isGenerated }
        ) { file in
            file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
                .filter { $0.element.contains("TO" + "DO") || $0.element.contains("FIX" + "ME") }
                .map { ($0.offset + 1, "an open end") }
        },
        forbidden(
            "package, not public",
            tokens: ["public"],
            reason: "nothing outside of this package links these rooms; `package` says so",
            where: { $0.isSource }
        ),
        forbidden(
            "tests do not sleep",
            tokens: ["sleep(", "usleep(", "nanosleep(", "Task.sleep", "Thread.sleep", "time.sleep", "sleep"],
            // A benchmark measures over a time.
            reason: "wait for a value, never for a time; what paces the asking is one of `pacers`",
            where: {
                $0.isTest && !["ArchitectureTests", "Benchmarks"].contains($0.room ?? "") && !pacers.contains($0.path)
                    && isProgramText($0)
            }
        ),
        forbidden(
            "no descriptor is watched by libdispatch",
            tokens: ["readabilityHandler", "writeabilityHandler", "makeReadSource", "makeWriteSource"],
            reason: "on Linux it uses what it has freed (its issue 949): read on a thread, or use NIO",
            where: { $0.isSwift && $0.room != "ArchitectureTests" }
        ),
        perFile(
            "no path of one machine",
            reason: "a clone builds and runs wherever it stands",
            where: { $0.isSource || $0.isTest || $0.path.hasPrefix("Deploy/") || $0.path == "README.md" }
        ) { file in
            let roots = ["work", "root", "home"].map { "/\($0)/" }
            return file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
                .filter { line in roots.contains { root in line.element.startsPath(root) } }
                .map { ($0.offset + 1, "an absolute path") }
        },
    ]

    /// The files that pace a poll while a test waits for a value.
    static let pacers: Set<String> = [
        "Tests/FleetAgentTests/SteadyTimeTests.swift", "Tests/FleetAgentTests/Support/HastyTime.swift",
        "Tests/FleetControllerTests/ShiftedTime.swift", "Tests/RPCTransportTests/Support/TestServer.swift",
    ]

    private static let isPure: @Sendable (SourceFile) -> Bool = { $0.isSource && pureRooms.contains($0.room ?? "") }

    private static func isProgramText(_ file: SourceFile) -> Bool {
        [".swift", ".py", ".sh"].contains { file.path.hasSuffix($0) }
    }
}

extension Substring {
    /// Whether an absolute path that begins with `root` stands in this line.
    fileprivate func startsPath(_ root: String) -> Bool {
        guard let found = firstRange(of: root) else { return false }
        guard found.lowerBound > startIndex else { return true }
        let before = self[index(before: found.lowerBound)]
        return !(before.isLetter || before.isNumber || "._-}$~*".contains(before))
    }
}
