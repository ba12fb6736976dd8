import FleetManifest
import OperatorAPI

/// Gives what somebody could send to every operation of the API that takes JSON, and checks what the rest relies on: a body is
/// taken or something is said about it, where in it, and the same JSON written in another way has the same fate.
///
/// An input that begins with `?` is a query instead.
/// Run by `Deploy/scripts/fuzz` with libFuzzer and the address sanitizer; `FuzzTests` replay its seeds and findings.
package enum BodyFuzz {
    private static let parameters = ["after", "labelSelector", "limit", "reason", "all", "since"]

    package static func run(_ input: UnsafeRawBufferPointer) {
        guard input.first != UInt8(ascii: "?") else { return query(String(decoding: input.dropFirst(), as: UTF8.self)) }
        let bytes = Array(input)
        let verdicts = JSONBodyVerdict.all(of: bytes)
        for (route, verdict) in verdicts {
            precondition(verdict.isTaken == verdict.problems.isEmpty, "\(route): neither taken nor refused")
            for problem in verdict.problems {
                precondition(!problem.message.isEmpty, "\(route): nothing is said")
                precondition(problem.path.pointer.isEmpty || problem.path.pointer.first == "/", "\(route): no pointer")
            }
        }
        let reading = JSONTextReader.read(bytes)
        // A key that stands twice is written once.
        guard let root = reading.root, reading.problems.isEmpty else { return }
        let again = JSONBodyVerdict.all(of: Array(JSONTextWriter.compact(root).utf8))
        for (first, second) in zip(verdicts, again) {
            precondition(first.verdict.problems == second.verdict.problems, "\(first.route): judged by its spaces")
        }
    }

    private static func query(_ text: String) {
        guard let query = try? QueryParameters(text, accepted: parameters) else { return }
        _ = try? query.page()
        _ = try? query.labelSelector()
        _ = try? query.reason()
        _ = try? query.flag("all")
        guard let since = try? query.integer("since", in: 0...(1 << 53)) else { return }
        precondition((0...(1 << 53)).contains(since), "a number is out of its range")
    }
}
