extension HouseRule {
    static let longestFile = 600

    /// How many types may stand in another type's file. This number may only fall.
    static let mostStrays = 11

    /// What may stand at the top of the checkout.
    static let agreedTop: Set<String> = [
        ".ci", ".git", ".gitignore", ".swift-format", "Deploy", "LICENSE", "Package.swift", "Protocols", "README.md",
        "Sources", "Tests",
    ]

    static let shape: [HouseRule] = [
        perFile(
            "no file is longer than \(longestFile) lines",
            reason: "a file that long holds more than one thing: split it by aspect",
            where: {
                !$0.isGenerated && ($0.isSwift || $0.path.hasSuffix(".py") || $0.path.hasPrefix("Deploy/scripts/"))
            }
        ) { file in
            file.code.count - 1 > longestFile ? [(longestFile + 1, "\(file.code.count - 1) lines")] : []
        },
        HouseRule(
            name: "no type bears its module's name",
            reason: "inside the module `Name.Other` would then mean the type, and nobody could name the module any more"
        ) { tree in
            let modules = Set(tree.targets.map(\.name))
            return tree.files.filter { $0.isSwift }.flatMap { file in
                file.types.filter { $0.keyword != "extension" && modules.contains($0.name) }
                    .map { "\(file.path):\($0.line): \($0.keyword) \($0.name)" }
            }
        },
        perFile(
            "a file is named after a type in it",
            reason: "a reader who looks for a type opens the file of that name; `Type+Aspect.swift` for a second file",
            where: { ($0.isSource || ($0.isTest && $0.isSwift)) && $0.name != "main.swift" }
        ) { file in
            let parts = file.name.split(separator: ".")[0].split(separator: "+")
            let wanted = Set([parts[0], parts.last ?? "", Substring(parts.joined())])
            // A file of extensions alone, such as a mapping, is named after what it does.
            guard file.types.contains(where: { $0.isTopLevel && $0.keyword != "extension" && !$0.isPrivate }) else {
                return []
            }
            let names = file.types.compactMap { $0.name.split(separator: ".").last }
            // A test file may hold several suites of one kind: GRPCPeerTests and LoadPeerTests in PeerTests.swift.
            let isNamed = names.contains { name in
                wanted.contains(name) || (file.isTest && wanted.contains { name.hasSuffix($0) && !$0.isEmpty })
            }
            return isNamed ? [] : [(1, "no type \(parts[0]) here")]
        },
        HouseRule(
            name: "a file holds one type (at most \(mostStrays) exceptions)",
            reason: "two types at the top of one file are two files; what only serves the one is nested or private"
        ) { tree in
            let strays = strays(in: tree)
            return strays.count > mostStrays ? strays : []
        },
        HouseRule(
            name: "the top of the checkout holds only the agreed entries",
            reason: "the map of DESIGN §3 is what a new reader sees first: put a new thing in a room that exists"
        ) { tree in
            tree.topLevel.filter { !agreedTop.contains($0) }.map { "./\($0): not agreed" }
        },
        HouseRule(
            name: "every directory of Sources is a target",
            reason: "a room that Package.swift does not name is built by nobody"
        ) { tree in
            let names = Set(tree.targets.map(\.name))
            let rooms = Set(tree.files.filter { $0.path.hasPrefix("Sources/") }.compactMap(\.room))
            return rooms.subtracting(names).sorted().map { "Sources/\($0): no target of this name" }
        },
        HouseRule(
            name: "README's map names every target once, and nothing else",
            reason: "a reader who meets a name looks it up there; tests are found by their room's name"
        ) { tree in
            let targets = tree.targets.map(\.name).filter { !$0.hasSuffix("Tests") }
            let named = tree.map
            let missing = Set(targets).subtracting(named).sorted().map { "README.md: \($0) is not on the map" }
            let invented = Set(named).subtracting(targets).sorted().map { "README.md: \($0) is no target" }
            let twice = Dictionary(grouping: named) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
            return missing + invented + twice.map { "README.md: \($0) is there twice" }
        },
    ]

    /// The types at the top of a file that bears another's name.
    static func strays(in tree: SourceTree) -> [String] {
        tree.files.filter(\.isSource).flatMap { file in
            file.types.filter { $0.isTopLevel && !$0.isPrivate && $0.keyword != "extension" }.dropFirst()
                .map { "\(file.path):\($0.line): \($0.keyword) \($0.name)" }
        }
    }
}
