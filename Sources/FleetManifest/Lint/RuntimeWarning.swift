/// Something in a runtime that is legal and unwise.
package struct RuntimeWarning: Hashable, Sendable {
    /// Which rule found it. The raw values are printed, and never change.
    package enum Rule: String, Hashable, Sendable, CaseIterable {
        /// A port whose number nothing tells the server.
        case portUnsaid = "port-unsaid"
        /// Nothing tells the server where to listen.
        case addressUnsaid = "address-unsaid"
        /// A server that can hold several models is not asked for this one.
        case readyWithoutModel = "ready-without-model"
        /// Nothing is asked of a host before anything moves there.
        case requiresNothing = "requires-nothing"
        /// A process that hangs is not seen.
        case liveMissing = "live-missing"
        /// Two copies side by side, and open connections are cut at once.
        case drainMissing = "drain-missing"
        /// What may drain for long is killed soon.
        case graceShort = "grace-short"
        /// A page whose names nobody knows.
        case figuresUnnamed = "figures-unnamed"
        /// Buckets of a histogram, which are of each other.
        case figuresOfBuckets = "figures-of-buckets"
        /// Errors of requests that nobody counts.
        case figuresWithoutRequests = "figures-without-requests"
        /// Figures of all models of a server that holds several.
        case figuresOfAllModels = "figures-of-all-models"
        /// A shell instead of the server.
        case commandIsShell = "command-is-shell"
        /// A secret that the controller stores.
        case secretWritten = "secret-written"

        /// For people, without a full stop: what comes of it.
        package var why: String {
            switch self {
            case .portUnsaid:
                "the agent finds a free number for each port and start; a server that is not told it listens elsewhere"
            case .addressUnsaid:
                "many servers listen on 127.0.0.1 unless told, where nobody else reaches them"
            case .readyWithoutModel:
                "the server's own readiness lies in both directions: it may be ready without this model, and not ready "
                    + "for the sake of another"
            case .requiresNothing:
                "a host without the server, or with another version of it, is found out only when it fails there"
            case .liveMissing:
                "a process that hangs is told from one that is busy by this check alone; without it nobody starts it again"
            case .drainMissing:
                "connections that are open when the endpoint moves to the new copy are cut with the old one"
            case .graceShort:
                "a request that was let go on while it drained is killed sooner than it would have been waited for"
            case .figuresUnnamed:
                "names that nobody knows are dropped on the host, so that all of its figures are missing"
            case .figuresOfBuckets:
                "each bucket holds those below it too: added up they count a request several times"
            case .figuresWithoutRequests:
                "how many fail can only be judged beside how many there are"
            case .figuresOfAllModels:
                "the page of a server that runs already is of all its models: what others are asked is counted as this one's"
            case .commandIsShell:
                "the shell reads what the templates put there as its own language, and stands between the signal and the server"
            case .secretWritten:
                "it is stored and shown by the controller, copied into every revision and sent to every host"
            }
        }
    }

    /// Which rule found it.
    package var rule: Rule
    /// Where, what, and what to do.
    package var problem: ManifestProblem

    /// For people, on lines of their own: what and where, with the rule; why; what to do.
    package var lines: [String] {
        var short = problem
        short.hint = nil
        return ["\(short.description) [\(rule.rawValue)]", "    \(rule.why)"] + problem.lines.dropFirst()
    }
}
