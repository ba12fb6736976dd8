import Fleet

/// What changes from one content to another, for people.
enum ContentDifference {
    /// One short line; `nil` when nothing does.
    static func text(from old: RevisionContent, to new: RevisionContent) -> String? {
        var parts = model(old.model, new.model)
        parts += runtime(old.runtime, new.runtime)
        if old.runtime.bundle != new.runtime.bundle { parts.append("what the runtime brings") }
        if old.runtime.requires != new.runtime.requires { parts.append("what the runtime requires") }
        let names = Set(old.environment.keys).union(new.environment.keys).sorted()
        let changed = names.filter { old.environment[$0] != new.environment[$0] }
        // Values may be secrets' neighbours, and long: the names are enough.
        if !changed.isEmpty { parts.append("environment \(changed.joined(separator: " "))") }
        if old.resources != new.resources { parts.append("resources") }
        if old.probe != new.probe { parts.append("golden probe") }
        return parts.isEmpty ? nil : "content: \(parts.joined(separator: ", "))"
    }

    private static func model(_ old: RevisionContent.ResolvedModel, _ new: RevisionContent.ResolvedModel) -> [String] {
        guard old.name == new.name else { return ["model \(old.name) \(old.version) → \(new.name) \(new.version)"] }
        guard old.version == new.version else { return ["version \(old.version) → \(new.version)"] }
        return old.bundle == new.bundle && old.format == new.format ? [] : ["files of version \(new.version)"]
    }

    private static func runtime(_ old: RuntimeProfile, _ new: RuntimeProfile) -> [String] {
        guard old.name == new.name else { return ["runtime \(old.name) → \(new.name)"] }
        var same = old
        same.requires = new.requires
        same.bundle = new.bundle
        return same == new ? [] : ["runtime \(new.name) as it is now"]
    }
}
