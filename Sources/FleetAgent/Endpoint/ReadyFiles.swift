package import Fleet
import Glibc
import Logging

/// Tells load balancers which deployments answer on this host: a file for each, of its name, which is there while the endpoint
/// leads to a server that is proven and that nothing is about to stop. It goes before the endpoint does, and stays while the
/// agent is down, so that nobody takes a model out because an agent is upgraded.
package struct ReadyFiles: Sendable {
    /// What such a file holds.
    private static let content = Array("ready\n".utf8)

    /// Where the files stand, absolute: best where a boot leaves nothing, below /run. `nil` for nowhere.
    let directory: String?
    /// How long an endpoint stays open once its file has gone, so that balancers see it in time.
    let notice: Span

    /// - Parameters:
    ///   - directory: where the files stand, absolute; nobody is told when `nil`.
    ///   - notice: how long an endpoint stays open once its file has gone.
    package init(directory: String? = nil, notice: Span = Span(milliseconds: 0)) {
        self.directory = directory
        self.notice = notice
    }

    /// Leaves the files of these deployments and no others. What is not such a file is left alone; what cannot be written is
    /// said, and keeps nothing from its course.
    func show(_ names: Set<String>, _ logger: Logger) {
        guard let directory else { return }
        do {
            guard mkdir(directory, 0o755) == 0 || errno == EEXIST else { throw FileAccess.failure("create", directory) }
            let there = FileAccess.names(in: directory)
            for name in there where !names.contains(name) && isOurs(name, in: directory) {
                FileAccess.remove("\(directory)/\(name)")
            }
            for name in names.subtracting(there).sorted() {
                try FileAccess.replace("\(directory)/\(name)", with: Self.content, mode: 0o644)
            }
        } catch {
            logger.warning(
                "load balancers are not told what answers here; models are not touched",
                metadata: ["why": "\(error)", "next": "let the agent write to its --ready-directory, then restart it"]
            )
        }
    }

    private func isOurs(_ name: String, in directory: String) -> Bool {
        let path = "\(directory)/\(name)"
        return FileAccess.size(of: path) == Int64(Self.content.count) && (try? FileAccess.read(path)) == Self.content
    }
}
