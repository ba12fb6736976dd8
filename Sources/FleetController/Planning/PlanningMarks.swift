import Synchronization

/// What others have told the planning loop and it has not taken up yet; told from any thread.
final class PlanningMarks: Sendable {
    struct Content: Sendable {
        /// Deployments that were changed in the store by somebody else: their machines are to be read again.
        var deployments: Set<String> = []
        /// Hosts that came, or went, or have room or not.
        var hosts: Set<String> = []
        /// Every deployment is to be looked up in the store.
        var isEverything = false

        var isEmpty: Bool { deployments.isEmpty && hosts.isEmpty && !isEverything }
    }

    private let content = Mutex(Content())

    var isEmpty: Bool { content.withLock { $0.isEmpty } }

    func add(deployments: some Sequence<String>) {
        content.withLock { $0.deployments.formUnion(deployments) }
    }

    func add(host: String) {
        content.withLock { _ = $0.hosts.insert(host) }
    }

    func addEverything() {
        content.withLock { $0.isEverything = true }
    }

    func takeAll() -> Content {
        content.withLock { content in
            defer { content = Content() }
            return content
        }
    }
}
