import ArgumentParser
import Fleet

/// What `wait --for` takes.
enum WaitCondition: Equatable, ExpressibleByArgument {
    case deleted
    /// The newest rollout has taken what is written everywhere.
    case succeeded
    case connected
    case value(JSONPathTemplate, String)

    /// Where an object stands.
    enum Verdict: Equatable {
        case met
        /// With where it stands.
        case notYet(String)
        /// Waiting does not help, because of this.
        case never(String)
    }

    static let allValueStrings = ["deleted", "succeeded", "connected", "jsonpath={PATH}=VALUE"]

    init?(argument: String) {
        switch argument {
        case "deleted", "delete": self = .deleted
        case "succeeded": self = .succeeded
        case "connected": self = .connected
        default:
            guard argument.hasPrefix("jsonpath=") else { return nil }
            let rest = argument.dropFirst("jsonpath=".count)
            guard let sign = rest.lastIndex(of: "="), sign > rest.startIndex,
                let path = try? JSONPathTemplate(String(rest[..<sign]))
            else { return nil }
            self = .value(path, String(rest[rest.index(after: sign)...]))
        }
    }

    /// As people write it.
    var text: String {
        switch self {
        case .deleted: "deleted"
        case .succeeded: "succeeded"
        case .connected: "connected"
        case .value(let path, let value): "\(path.text)=\(value)"
        }
    }

    /// Whether it can be said of an object of this type.
    func fits(_ type: ObjectType) -> Bool {
        switch self {
        case .succeeded: type == .deployment || type == .rollout
        case .connected: type == .host
        case .deleted: ![.rollout, .rollback, .hold].contains(type)
        case .value: true
        }
    }

    /// Whether an object is as it should be.
    func verdict(on view: some PrintedView, json: JSONValue) -> Verdict {
        switch self {
        case .deleted: .notYet("it is still there")
        case .connected: (view as? HostView)?.connected == true ? .met : .notYet("it has no session")
        case .value(let path, let value):
            path.text(of: json) == value ? .met : .notYet("it is '\(path.text(of: json))'")
        case .succeeded:
            Self.verdict((view as? RolloutView)?.rollout ?? (view as? DeploymentView)?.rollout)
        }
    }

    private static func verdict(_ rollout: Rollout?) -> Verdict {
        guard let rollout else { return .notYet("it has no rollout yet") }
        let state = rollout.state
        let words = rollout.reason.isEmpty ? state.rawValue : "\(state.rawValue): \(rollout.reason)"
        if state == .succeeded { return .met }
        return state.isTerminal ? .never("its rollout is \(words)") : .notYet("its rollout is \(words)")
    }
}
