import ArgumentParser

/// How documents are meant, as `plan` and `apply` have it.
struct SetOptions: ParsableArguments {
    @Flag(help: "Resolve names again where the written content is the same: a changed runtime makes a new revision.")
    var resolve = false
    @Flag(help: "Delete what else belongs to the set that --selector names: the files are all of it.")
    var prune = false
    @Option(
        name: [.customShort("l"), .long],
        help: ArgumentHelp("With --prune: the labels of the set, like team=risk.", valueName: "labels")
    )
    var selector: String?

    func validate() throws {
        if prune, (selector ?? "").isEmpty {
            throw ValidationError("--prune needs the labels of the set whose other objects go: --prune -l team=risk.")
        }
        if !prune, selector != nil { throw ValidationError("-l has no effect without --prune.") }
    }

    /// As it is typed again, with a space before it.
    var typed: String {
        (resolve ? " --resolve" : "") + (selector.map { " --prune -l '\($0)'" } ?? "")
    }
}
