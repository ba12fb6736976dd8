import ArgumentParser
import Fleet
import FleetClient

/// Names for a shell's completion. They come from the controller, within a second; whatever goes wrong, there are none, and
/// nothing is printed.
enum NameCompletion {
    /// How long a person waits for Tab at most.
    static let patience = Span.seconds(1)

    /// `TYPE NAME` or `TYPE/NAME`.
    static var objects: CompletionKind {
        .custom { words, index, _ in
            let question = CompletionQuestion(objectsIn: words, at: index)
            guard question.type != nil else { return ObjectType.allCases.map(\.rawValue) }
            return await answers(to: question)
        }
    }

    /// `NAME` or `TYPE/NAME` of one type.
    static func names(of type: ObjectType) -> CompletionKind {
        .custom { words, index, _ in await answers(to: CompletionQuestion(type, in: words, at: index)) }
    }

    /// Operators that have a token.
    static var operators: CompletionKind {
        .custom { words, index, _ in
            let question = CompletionQuestion(.host, in: words, at: index)
            return await asking(question.context) { client in try await client.operators().map(\.name) }
        }
    }

    /// The ids of enrolment tokens that let somebody in.
    static var hostTokens: CompletionKind {
        .custom { words, index, _ in
            let question = CompletionQuestion(.host, in: words, at: index)
            return await asking(question.context) { client in
                try await client.hostTokens().filter { $0.state == .good }.map(\.id)
            }
        }
    }

    /// The logins of this machine.
    static var contexts: CompletionKind { .custom { _, _, _ in ProfileStore().contexts } }

    /// The names that a question is about.
    private static func answers(to question: CompletionQuestion) async -> [String] {
        guard let type = question.type else { return [] }
        let names = await asking(question.context) { client in try await listed(type, by: client) }
        return names.map { question.before + $0 }
    }

    private static func listed(_ type: ObjectType, by client: OperatorClient) async throws -> [String] {
        switch type {
        case .model: try await client.list(.models).items.map(\.printedName)
        case .modelversion: try await client.list(.modelVersions).items.map(\.printedName)
        case .runtime: try await client.list(.runtimes).items.map(\.printedName)
        case .deployment: try await client.list(.deployments).items.map(\.printedName)
        case .host: try await client.list(.hosts).items.map(\.printedName)
        case .rollout: try await client.list(.rollouts).items.map(\.printedName)
        case .rollback: try await client.list(.rollbacks).items.map(\.printedName)
        case .hold: try await client.list(.holds).items.map(\.printedName)
        }
    }

    private static func asking(
        _ context: String?,
        _ body: (OperatorClient) async throws -> [String]
    ) async -> [String] {
        guard let profile = try? ProfileStore(context: context ?? GlobalOptions.current.context).load(),
            let client = try? OperatorClient(profile: profile, timeout: patience)
        else { return [] }
        let names = try? await body(client)
        await client.shutdown()
        return names ?? []
    }
}
