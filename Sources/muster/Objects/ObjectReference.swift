import ArgumentParser

/// `TYPE`, `TYPE NAME` or `TYPE/NAME`.
struct ObjectReference: Equatable {
    var type: ObjectType
    var name: String?

    init(type: ObjectType, name: String?) {
        self.type = type
        self.name = name
    }

    /// Reads the words of a command line.
    init(_ words: [String]) throws {
        guard let first = words.first else { throw ValidationError("name a TYPE, for example 'deployments'.") }
        let parts = first.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count + words.count <= 3 else {
            throw ValidationError("'\(words.joined(separator: " "))' names more than one object; write TYPE/NAME.")
        }
        type = try ObjectType.named(parts[0])
        name = parts.count == 2 ? parts[1] : words.dropFirst().first
        if let name, name.isEmpty { throw ValidationError("'\(first)' lacks the name after '/'.") }
    }

    /// `TYPE NAME`, or one or more `TYPE/NAME`.
    static func several(_ words: [String]) throws -> [ObjectReference] {
        guard words.count > 1, words.allSatisfy({ $0.contains("/") }) else { return [try ObjectReference(words)] }
        return try words.map { try ObjectReference([$0]) }
    }

    /// The deployment that a word names: `NAME`, or `TYPE/NAME` of one of these types.
    static func deployment(_ word: String, as types: [ObjectType] = [.deployment]) throws -> String {
        guard word.contains("/") else { return try ObjectReference(["deployment", word]).requiredName() }
        let reference = try ObjectReference([word])
        let name = try reference.requiredName()
        guard types.contains(reference.type) else {
            throw ValidationError("'\(word)' is no deployment; name one: NAME, or deployment/NAME.")
        }
        return name
    }

    /// The object of one type that a word names: `NAME`, or `TYPE/NAME`.
    static func name(_ word: String, of type: ObjectType) throws -> String {
        try ObjectReference(word.contains("/") ? [word] : [type.rawValue, word]).name(of: type)
    }

    /// The name of an object of one type.
    func name(of wanted: ObjectType) throws -> String {
        let name = try requiredName()
        guard type == wanted else {
            throw ValidationError(
                "'\(type.rawValue)/\(name)' is no \(wanted.rawValue); name one: NAME, or \(wanted.rawValue)/NAME."
            )
        }
        return name
    }

    /// The name, where one is needed.
    func requiredName() throws -> String {
        guard let name else { throw ValidationError("name one \(type.rawValue): \(type.rawValue)/NAME.") }
        return name
    }
}
