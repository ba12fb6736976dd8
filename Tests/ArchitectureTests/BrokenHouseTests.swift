import Testing

/// Each rule sees its own breach: a rule that cannot fail is a defect.
@Suite struct BrokenHouseTests {
    /// A breach: what is wrong, in a tree of two files.
    struct Breach: Sendable, CustomTestStringConvertible {
        let rule: String
        let path: String
        let text: String
        var top: [String] = []
        var testDescription: String { rule }
    }

    private static let manifest = """
        let package = Package(
            targets: [
                room("Fleet", [crypto]),
                room("FleetPlanning", ["Fleet"]),
                room("FleetAgent", ["FleetPlanning"]),
                program("muster-shim", []),
            ]
        )
        """

    static let breaches: [Breach] =
        HouseRule.exclusives.map { exclusive in
            let modules = exclusive.modules.sorted()
            let rooms = exclusive.rooms.isEmpty ? "no room" : exclusive.rooms.sorted().joined(separator: ", ")
            return Breach(
                rule: "\(modules.joined(separator: ", ")): only in \(rooms)",
                path: "Sources/Fleet/A.swift",
                text: "package import \(modules[0])\n"
            )
        }
        + HouseRule.allowances.map { allowance in
            Breach(
                rule: "at most \(allowance.most) × \(allowance.token)",
                path: "Sources/FleetAgent/A.swift",
                text: String(repeating: "let a = \(allowance.token) b }\n", count: allowance.most + 1)
            )
        } + others

    private static let others: [Breach] = [
        Breach(
            rule: "every outside module is known",
            path: "Sources/Fleet/A.swift",
            text: "import NIOFoundationCompat"
        ),
        Breach(
            rule: "no Foundation in what the agent links",
            path: "Sources/FleetAgent/A.swift",
            text: "import struct Foundation.URL"
        ),
        Breach(rule: "muster-shim imports Glibc alone", path: "Sources/muster-shim/A.swift", text: "import Fleet"),
        Breach(
            rule: "a target depends only on targets above it",
            path: "Package.swift",
            text: "\n    targets: [\n        room(\"Fleet\", [\"Other\"]),\n        room(\"Other\"),\n"
        ),
        Breach(
            rule: "a file imports only targets above its own",
            path: "Sources/Fleet/A.swift",
            text: "import FleetPlanning"
        ),
        Breach(
            rule: "pure rooms neither wait, ask the time, throw dice nor make ids",
            path: "Sources/Fleet/A.swift",
            text: "let a = \"\\(clock.now)\""
        ),
        Breach(
            rule: "pure rooms import no Foundation, no logging, no I/O",
            path: "Sources/Fleet/A.swift",
            text: "import Logging"
        ),
        Breach(rule: "no shortcuts in programs", path: "Sources/Fleet/A.swift", text: "let a = try! b()"),
        Breach(rule: "nothing is left to do", path: "Sources/Fleet/A.swift", text: "// TO" + "DO: later"),
        Breach(rule: "package, not public", path: "Sources/Fleet/A.swift", text: "public struct A {}"),
        Breach(rule: "tests do not sleep", path: "Tests/FleetTests/A.swift", text: "try await Task.sleep(for: a)"),
        Breach(
            rule: "no descriptor is watched by libdispatch",
            path: "Tests/FleetTests/A.swift",
            text: "pipe.fileHandleForReading.readabilityHandler = nil"
        ),
        Breach(rule: "no path of one machine", path: "Deploy/a", text: "cd /ho" + "me/me/muster"),
        Breach(
            rule: "no file is longer than 600 lines",
            path: "Sources/Fleet/A.swift",
            text: String(repeating: "\n", count: 601)
        ),
        Breach(rule: "no type bears its module's name", path: "Sources/Fleet/A.swift", text: "package enum Fleet {}"),
        Breach(rule: "a file is named after a type in it", path: "Sources/Fleet/A.swift", text: "struct B {}"),
        Breach(
            rule: "a file holds one type (at most \(HouseRule.mostStrays) exceptions)",
            path: "Sources/Fleet/A.swift",
            text: String(repeating: "struct A {}\n", count: HouseRule.mostStrays + 2)
        ),
        Breach(
            rule: "the top of the checkout holds only the agreed entries",
            path: "Sources/Fleet/A.swift",
            text: "",
            top: ["scratch"]
        ),
        Breach(rule: "every directory of Sources is a target", path: "Sources/Odd/A.swift", text: "struct A {}"),
        Breach(
            rule: "README's map names every target once, and nothing else",
            path: "README.md",
            text: "\n## The map\n\n| `Fleet`, `FleetPlanning` | what |\n| `FleetAgent` `muster-shim` `Fleet` | what |\n"
        ),
        Breach(
            rule: "a comment defends each unstructured task and each unchecked promise",
            path: "Sources/FleetAgent/A.swift",
            text: "func a() {\n\n\n    Task { await b() }\n}"
        ),
    ]

    @Test(arguments: breaches) func ruleSeesItsBreach(_ breach: Breach) throws {
        let rule = try #require(HouseRule.all.first { $0.name == breach.rule }, "no rule of this name")
        var files = [SourceFile(path: breach.path, text: breach.text)]
        if breach.path != "Package.swift" { files.append(SourceFile(path: "Package.swift", text: Self.manifest)) }
        #expect(!rule.violations(SourceTree(files: files, topLevel: breach.top)).isEmpty)
    }

    @Test func everyRuleHasABreach() {
        #expect(Set(HouseRule.all.map(\.name)) == Set(Self.breaches.map(\.rule)))
    }

    @Test(arguments: [
        ("let a = \"await\" // await", "let a = \"\" "),
        ("/* await\n*/let a = #\"a\"b\"#", "\nlet a = \"\""),
        ("let a = \"x\\(await b(\"c\"))y\"", "let a = \"(await b(\"\"))\""),
        ("let a = \"\"\"\n  await\n  \"\"\"", "let a = \"\n\n\""),
    ])
    func bareCodeIsCodeAlone(_ text: String, _ code: String) {
        #expect(BareCode.of(text) == code)
    }
}
