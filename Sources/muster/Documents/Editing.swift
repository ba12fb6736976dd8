import Fleet
import FleetClient
import FleetManifest

/// One object in an editor, until it is right or given up: the rules of `edit`, without a terminal.
struct Editing {
    /// What came of it.
    enum End: Equatable {
        case unchanged, applied
    }

    /// As it was read.
    let stored: Manifest
    /// How it is written on the command line: `deployment/wine`.
    let object: String
    let file: EditFile
    /// Lets a person change the file.
    let edit: (EditFile) throws -> Void
    /// Sends the object; it throws what the controller said.
    let apply: (ManifestDocument) async throws -> Void

    /// Goes on until the object is applied or nothing is to change.
    ///
    /// - Throws: `CommandFailure`; what was written is then kept, and the file named.
    func run() async throws -> End {
        let original = try YAMLTextWriter.text(of: stored.document)
        var text = EditText(object: object, body: original)
        while true {
            try file.write(text.whole)
            let body = try left(of: text, original: original)
            guard body != original, !body.allSatisfy(\.isWhitespace) else { return unchanged() }
            guard text.problems.isEmpty || body != text.body else { throw kept(stillWrong(text.problems.count)) }
            text = EditText(object: object, body: body)
            switch check(body) {
            case .failure(let found): text.problems = found.problems
            case .success(let document) where document.manifest == stored: return unchanged()
            case .success(let document):
                guard let problems = try await problems(of: document) else {
                    file.remove()
                    return .applied
                }
                text.problems = problems
            }
        }
    }

    private struct Wrong: Error {
        var problems: [ManifestProblem]
    }

    private func unchanged() -> End {
        file.remove()
        return .unchanged
    }

    /// Opens the editor, and answers what it left.
    private func left(of text: EditText, original: String) throws -> String {
        do {
            try edit(file)
        } catch let failure as CommandFailure {
            if let body = (try? file.read()).flatMap({ $0 }).map(EditText.body), body == original { file.remove() }
            throw kept(failure)
        }
        guard let whole = try file.read() else {
            throw kept(
                CommandFailure(
                    .editNotTaken,
                    "what was saved is not UTF-8; nothing was changed",
                    hint: "save it as UTF-8"
                )
            )
        }
        return EditText.body(of: whole)
    }

    /// Sends it; answers what the controller finds wrong with the text, or `nil` when it took it.
    private func problems(of document: ManifestDocument) async throws -> [ManifestProblem]? {
        do {
            try await apply(document)
            return nil
        } catch let error as ClientError {
            let details = error.problem?.errors ?? []
            guard details.isEmpty else { return details.map { PointerPlace.problem($0, documents: [document]) } }
            throw kept(CommandFailure(error))
        }
    }

    /// Everything that can be seen to be wrong here.
    private func check(_ body: String) -> Result<ManifestDocument, Wrong> {
        var batch = ManifestBatch()
        batch.add(yaml: body.utf8, file: fileName)
        guard batch.problems.isEmpty else { return .failure(Wrong(problems: batch.problems)) }
        guard let document = batch.documents.first, batch.documents.count == 1 else {
            return .failure(
                Wrong(problems: [
                    ManifestProblem(
                        "this holds \(batch.documents.count) documents; one object is edited at a time",
                        place: batch.documents.dropFirst().first?.node.place,
                        hint: "leave only \(object) here; others: muster apply -f FILE"
                    )
                ])
            )
        }
        let slips = slips(in: document)
        return slips.isEmpty ? .success(document) : .failure(Wrong(problems: slips))
    }

    /// An object keeps its kind and its name.
    private func slips(in document: ManifestDocument) -> [ManifestProblem] {
        let manifest = document.manifest
        let hint = "for another object write a file: muster apply -f FILE"
        var slips: [ManifestProblem] = []
        if manifest.kind != stored.kind {
            slips.append(
                ManifestProblem(
                    "the kind was \(stored.kind.rawValue) and stays so",
                    path: ManifestPath([.key("kind")]),
                    place: document.node["kind"]?.place,
                    hint: hint
                )
            )
        }
        if manifest.name != stored.name {
            slips.append(
                ManifestProblem(
                    "the name was '\(stored.name)' and stays so",
                    path: ManifestPath([.key("metadata"), .key("name")]),
                    place: document.node["metadata"]?["name"]?.place,
                    hint: hint
                )
            )
        }
        return slips
    }

    private var fileName: String { String(file.path.split(separator: "/").last ?? "") }

    private func stillWrong(_ count: Int) -> CommandFailure {
        CommandFailure(
            .editNotTaken,
            "nothing was changed: \(object) was saved with \(count == 1 ? "the problem" : "the \(count) problems") that it had",
            hint: "correct what its first lines say"
        )
    }

    /// Says where the text is, unless nothing was written.
    private func kept(_ failure: CommandFailure) -> CommandFailure {
        guard file.exists else { return failure }
        var failure = failure
        failure.details += ["what you wrote is kept in \(file.path)"]
        let next = "to go on with it: muster diff -f \(file.path), then muster apply -f \(file.path)"
        failure.hint = failure.hint.map { "\($0); \(next)" } ?? next
        return failure
    }
}
