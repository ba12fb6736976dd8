import ArgumentParser
import Fleet

/// `muster host list`: `muster get hosts` by another name.
struct HostList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List hosts: the same as 'muster get hosts'."
    )

    @OptionGroup var options: GetOptions

    func run() async throws {
        try await options.show(ObjectReference(type: .host, name: nil))
    }
}
