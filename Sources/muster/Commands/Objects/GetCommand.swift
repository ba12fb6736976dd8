import ArgumentParser
import Fleet
import FleetClient

/// `muster get`.
struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "List objects, or show one.",
        discussion: """
            Types: model, modelversion (mv), runtime (rt), deployment (deploy), host, rollout (ro), rollback (rb), hold; \
            plurals too. A rollout bears the name of its deployment; a hold or a rollback may be named by the beginning of its id.

            -o jsonpath takes kubectl's templates over what -o json prints: 'jsonpath={.items[*].host.name}' of a list, \
            'jsonpath={.host.labels.site}' of one object. With -w it goes on: the table drawn over on a terminal, else one \
            line a change; with -o json one object a line.
            """
    )

    @Argument(help: "TYPE, TYPE NAME, or TYPE/NAME.", completion: NameCompletion.objects) var object: [String]
    @OptionGroup var options: GetOptions

    func run() async throws {
        try await options.show(try ObjectReference(object))
    }
}
