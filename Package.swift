// swift-tools-version: 6.3
import PackageDescription

/// The settings of every Swift target: one list, so that no room is laxer than another.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .treatAllWarnings(as: .error),
]

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let asyncHTTPClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

/// For the rooms whose state an event loop confines and whose work is counted in nanoseconds: released without the run-time
/// checks for overlapping access, which cost a fifth of a call. Debug builds, and so every test, keep them.
let confined: [SwiftSetting] =
    house + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

func room(
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    settings: [SwiftSetting] = house
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: house)
}

/// One of the programs that Deploy/scripts/fuzz builds.
func fuzzer(_ name: String, _ library: String) -> Target {
    let dependencies: [Target.Dependency] = ["FuzzDriver", .target(name: library)]
    return .executableTarget(
        name: "muster-fuzz-\(name)",
        dependencies: dependencies,
        path: "Tests/Fuzz/muster-fuzz-\(name)",
        swiftSettings: house
    )
}

func tests(
    _ name: String,
    path: String? = nil,
    exclude: [String] = [],
    _ dependencies: [Target.Dependency]
) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: path, exclude: exclude, swiftSettings: house)
}

let package = Package(
    name: "muster",
    products: [
        .executable(name: "muster", targets: ["muster"]),
        .executable(name: "muster-agent", targets: ["muster-agent"]),
        .executable(name: "muster-controller", targets: ["muster-controller"]),
        .executable(name: "muster-shim", targets: ["muster-shim"]),
        .executable(name: "muster-swarm", targets: ["muster-swarm"]),
        .executable(name: "muster-simulate", targets: ["muster-simulate"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        // Traits unite across the package: without `[]` here ICU would come into the agent.
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        // Its default trait imports Foundation.
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Words.
        room("Fleet", [crypto]),

        // Decisions: pure.
        room("FleetPlanning", ["Fleet"]),
        room("ReplicaLifecycle", ["Fleet"]),
        room("SessionLifecycle", ["Fleet"]),
        room("FleetMetrics", ["Fleet"]),

        // Wire.
        // What Glibc's module leaves out; and the few words between an agent and its shims: stdlib only.
        .systemLibrary(name: "CProcess"),
        room("ShimProtocol"),
        .systemLibrary(name: "CNGHTTP2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
        room("HTTP2Session", ["CNGHTTP2", nioCore], settings: confined),
        room(
            "RPCTransport",
            ["HTTP2Session", nioCore, nioPosix, nioTLS, nioSSL, logging],
            settings: confined
        ),
        room("FleetProtocol", ["Fleet", "SessionLifecycle", "FleetMetrics", protobuf, nioCore]),
        room("FleetManifest", ["Fleet", .product(name: "Yams", package: "Yams")]),

        // Memory.
        room(
            "StoreDriver",
            [.product(name: "GRDB", package: "GRDB.swift"), .product(name: "GRDBSQLite", package: "GRDB.swift")]
        ),
        room("FleetStore", ["Fleet", "FleetMetrics", "StoreDriver", crypto]),

        // Doers.
        room(
            "DaemonKit",
            [
                "Fleet", lifecycle, logging, .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Configuration", package: "swift-configuration"),
            ]
        ),
        room(
            "FleetSecurity",
            [
                "Fleet", crypto, .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ]
        ),
        room(
            "FleetController",
            [
                "Fleet", "FleetPlanning", "SessionLifecycle", "FleetMetrics", "RPCTransport", "FleetProtocol",
                "FleetStore",
                "FleetManifest", "DaemonKit", "FleetSecurity", "HTTP2Session", nioCore, logging, crypto,
            ]
        ),
        room(
            "OperatorAPI",
            [
                "Fleet", "FleetManifest", "FleetStore", "DaemonKit", "FleetController", nioCore, nioPosix, nioSSL,
                logging, .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
            ]
        ),
        room(
            "FleetAgent",
            [
                "Fleet", "ReplicaLifecycle", "SessionLifecycle", "FleetMetrics", "RPCTransport", "FleetProtocol",
                "DaemonKit", "FleetSecurity", "CProcess", "ShimProtocol", crypto, nioCore, nioPosix, nioHTTP1, logging,
            ]
        ),
        room("FleetClient", ["Fleet", asyncHTTPClient, nioCore, nioPosix, nioHTTP1, nioSSL, crypto]),

        // Executables: thin.
        program(
            "muster-controller",
            ["Fleet", "DaemonKit", "FleetSecurity", "FleetController", "OperatorAPI", logging]
        ),
        program("muster-agent", ["FleetAgent", "DaemonKit"]),
        program("muster-shim", ["CProcess", "ShimProtocol"]),
        program(
            "muster-swarm",
            [
                "Fleet", "ReplicaLifecycle", "SessionLifecycle", "RPCTransport", "FleetProtocol", "FleetSecurity",
                "DaemonKit", nioCore, logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        program(
            "muster",
            [
                "Fleet", "FleetManifest", "FleetClient",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),

        // Processes that tests start, and benchmarks.
        .executableTarget(
            name: "muster-bench-rpc",
            dependencies: ["RPCTransport", "HTTP2Session", "FleetProtocol", nioCore, logging],
            path: "Tests/Benchmarks/muster-bench-rpc",
            swiftSettings: house
        ),
        .executableTarget(
            name: "muster-endpoint",
            dependencies: ["FleetAgent", "DaemonKit", logging],
            path: "Tests/Helpers/muster-endpoint",
            swiftSettings: house
        ),
        .executableTarget(
            name: "muster-store-writer",
            dependencies: ["StoreDriver", "FleetStore", "Fleet"],
            path: "Tests/Helpers/muster-store-writer",
            swiftSettings: house
        ),
        .executableTarget(
            name: "muster-bench-store",
            dependencies: ["FleetStore", "Fleet", .product(name: "GRDBSQLite", package: "GRDB.swift")],
            path: "Tests/Benchmarks/muster-bench-store",
            swiftSettings: house
        ),
        .executableTarget(
            name: "muster-bench-metrics",
            dependencies: ["FleetMetrics"],
            path: "Tests/Benchmarks/muster-bench-metrics",
            swiftSettings: house
        ),
        .executableTarget(
            name: "muster-bench-planner",
            dependencies: ["FleetPlanning", "Fleet"],
            path: "Tests/Benchmarks/muster-bench-planner",
            swiftSettings: house
        ),
        .executableTarget(
            name: "muster-bench-api",
            dependencies: [
                nioCore, nioPosix, nioSSL, logging, .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
            ],
            path: "Tests/Benchmarks/muster-bench-api",
            swiftSettings: house
        ),

        // Tests.
        .target(
            name: "FleetTestSupport",
            dependencies: ["Fleet", "FleetAgent"],
            path: "Tests/FleetTestSupport",
            swiftSettings: house
        ),
        .target(
            name: "FleetSimulation",
            dependencies: [
                "Fleet", "FleetPlanning", "ReplicaLifecycle", "SessionLifecycle", "FleetStore", "FleetAgent",
                "FleetController",
            ],
            path: "Tests/Simulation/FleetSimulation",
            swiftSettings: house
        ),
        .executableTarget(
            name: "muster-simulate",
            dependencies: ["FleetSimulation", "Fleet"],
            path: "Tests/Simulation/muster-simulate",
            swiftSettings: house
        ),
        .testTarget(
            name: "TranscriptTests",
            dependencies: ["FleetSimulation", "Fleet"],
            path: "Tests/Transcripts",
            exclude: ["Stories"],
            swiftSettings: house
        ),
        tests(
            "SimulationTests",
            path: "Tests/Simulation/SimulationTests",
            ["FleetSimulation", "Fleet", "muster-simulate"]
        ),
        .target(
            name: "FuzzHTTP2",
            dependencies: ["HTTP2Session", nioCore],
            path: "Tests/Fuzz/FuzzHTTP2",
            swiftSettings: house
        ),
        .target(
            name: "FuzzExposition",
            dependencies: ["FleetMetrics"],
            path: "Tests/Fuzz/FuzzExposition",
            swiftSettings: house
        ),
        .target(
            name: "FuzzManifest",
            dependencies: ["FleetManifest", "Fleet"],
            path: "Tests/Fuzz/FuzzManifest",
            swiftSettings: house
        ),
        .target(
            name: "FuzzMessages",
            dependencies: ["RPCTransport", "FleetProtocol", "FleetMetrics", "Fleet", nioCore],
            path: "Tests/Fuzz/FuzzMessages",
            swiftSettings: house
        ),
        .target(
            name: "FuzzSecurity",
            dependencies: ["FleetSecurity", "Fleet"],
            path: "Tests/Fuzz/FuzzSecurity",
            swiftSettings: house
        ),
        .target(
            name: "FuzzJournal",
            dependencies: ["FleetAgent"],
            path: "Tests/Fuzz/FuzzJournal",
            swiftSettings: house
        ),
        .target(
            name: "FuzzPolicy",
            dependencies: ["FleetAgent"],
            path: "Tests/Fuzz/FuzzPolicy",
            swiftSettings: house
        ),
        .target(
            name: "FuzzBodies",
            dependencies: ["OperatorAPI", "FleetManifest"],
            path: "Tests/Fuzz/FuzzBodies",
            swiftSettings: house
        ),
        tests(
            "FuzzTests",
            path: "Tests/Fuzz/FuzzTests",
            [
                "FuzzHTTP2", "FuzzExposition", "FuzzManifest", "FuzzMessages", "FuzzSecurity", "FuzzJournal",
                "FuzzBodies", "FuzzPolicy",
            ]
        ),
        tests("ArchitectureTests", []),
        .testTarget(
            name: "EndToEndTests",
            path: "Tests/EndToEnd",
            exclude: ["Fleet", "peers"],
            swiftSettings: house
        ),
        tests("FleetTests", ["Fleet"]),
        tests("FleetPlanningTests", ["FleetPlanning", "ReplicaLifecycle", "Fleet", "FleetTestSupport"]),
        tests("HTTP2SessionTests", ["HTTP2Session", nioCore]),
        tests(
            "RPCTransportTests",
            exclude: ["Peers"],
            ["RPCTransport", "HTTP2Session", nioCore, nioEmbedded, logging]
        ),
        tests("FleetProtocolTests", ["FleetProtocol", "FleetMetrics", "Fleet", nioCore]),
        tests(
            "FleetControllerTests",
            [
                "FleetController", "FleetAgent", "FleetManifest", "FleetSecurity", "FleetStore", "StoreDriver",
                "DaemonKit",
                "SessionLifecycle", "RPCTransport", "FleetMetrics", "FleetProtocol", "Fleet", "FleetTestSupport",
                logging,
                nioCore,
            ]
        ),
        tests("SessionLifecycleTests", ["SessionLifecycle", "Fleet"]),
        tests("DaemonKitTests", ["DaemonKit", "Fleet", logging]),
        tests("FleetSecurityTests", ["FleetSecurity", "Fleet", "RPCTransport", nioCore, logging]),
        tests("ReplicaLifecycleTests", ["ReplicaLifecycle", "Fleet", "FleetTestSupport"]),
        tests("ShimProtocolTests", ["ShimProtocol"]),
        tests("FleetMetricsTests", exclude: ["Corpus", "Peers"], ["FleetMetrics", "Fleet", "FleetTestSupport"]),
        tests(
            "FleetAgentTests",
            [
                "FleetAgent", "ReplicaLifecycle", "ShimProtocol", "FleetMetrics", "FleetProtocol", "DaemonKit", "Fleet",
                "FleetTestSupport", "RPCTransport", "muster-shim", nioCore, nioPosix, logging,
            ]
        ),
        tests(
            "MusterSwarmTests",
            [
                "muster-swarm", "Fleet", "RPCTransport", "FleetProtocol", "FleetSecurity", "DaemonKit",
                "FleetTestSupport", nioCore, logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        tests("StoreDriverTests", ["StoreDriver", "FleetTestSupport", "muster-store-writer"]),
        tests(
            "FleetStoreTests",
            ["FleetStore", "FleetMetrics", "StoreDriver", "Fleet", "FleetTestSupport", "muster-store-writer"]
        ),
        tests(
            "OperatorAPITests",
            [
                "OperatorAPI", "FleetController", "FleetManifest", "FleetSecurity", "FleetStore", "StoreDriver",
                "FleetAgent",
                "DaemonKit", "Fleet", "FleetClient", "FleetTestSupport", logging, nioCore,
                .product(name: "Hummingbird", package: "hummingbird"),
            ]
        ),

        tests(
            "FleetManifestTests",
            exclude: ["Peers", "Runtimes", "Wrong"],
            ["Fleet", "FleetMetrics", "FleetManifest", "FleetTestSupport"]
        ),
        tests(
            "FleetClientTests",
            [
                "Fleet", "FleetManifest", "FleetClient", "FleetController", "FleetSecurity", "DaemonKit", "OperatorAPI",
                logging,
            ]
        ),
        tests(
            "MusterTests",
            exclude: ["Screens"],
            [
                "Fleet", "FleetManifest", "FleetClient", "FleetController", "FleetSecurity", "FleetAgent", "DaemonKit",
                "OperatorAPI", "FleetTestSupport", "muster", logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)

// libFuzzer brings its own `main`, so these programs exist only for Deploy/scripts/fuzz.
if Context.environment["MUSTER_FUZZ"] != nil {
    package.targets += [
        .target(name: "FuzzDriver", path: "Tests/Fuzz/FuzzDriver", swiftSettings: house),
        fuzzer("http2", "FuzzHTTP2"),
        fuzzer("exposition", "FuzzExposition"),
        fuzzer("manifest", "FuzzManifest"),
        fuzzer("selectors", "FuzzManifest"),
        fuzzer("messages", "FuzzMessages"),
        fuzzer("tokens", "FuzzSecurity"),
        fuzzer("certificates", "FuzzSecurity"),
        fuzzer("journal", "FuzzJournal"),
        fuzzer("bodies", "FuzzBodies"),
        fuzzer("policy", "FuzzPolicy"),
    ]
}
