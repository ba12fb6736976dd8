import FleetAgent

/// Reads what could stand in the policy file of a host, and checks what the rest relies on: a text is taken or something is
/// said about it and where, never more than fits a message; and what was taken says the same when it is written a rule a line.
///
/// Run by `Deploy/scripts/fuzz` with libFuzzer and the address sanitizer; `FuzzTests` replay its seeds and findings.
package enum PolicyFuzz {
    package static func run(_ input: UnsafeRawBufferPointer) {
        let text = String(decoding: input, as: UTF8.self)
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        do throws(HostPolicy.Problems) {
            check(try HostPolicy(text: text, file: "policy.conf"), lines)
        } catch {
            precondition((1...HostPolicy.problemLimit).contains(error.problems.count), "nothing is said, or too much")
            for problem in error.problems {
                precondition((1...lines.count).contains(problem.line), "a problem is nowhere")
                let width = lines[problem.line - 1].count
                precondition((1...width + 1).contains(problem.column), "a problem is off its line")
                precondition((1...400).contains(problem.message.count), "nothing is said, or too much")
            }
        }
    }

    private static func check(_ policy: HostPolicy, _ lines: [Substring]) {
        precondition(Set(policy.words.keys) == Set(policy.lines.keys), "a rule stands nowhere")
        for (rule, line) in policy.lines {
            precondition(lines[line - 1].contains(rule.rawValue), "a rule stands elsewhere")
            precondition(policy.words[rule]?.isEmpty == false, "a rule allows nothing and does not say so")
        }
        let written = policy.words.map { "\($0.key.rawValue) = \($0.value.joined(separator: " "))" }
        guard let again = try? HostPolicy(text: written.joined(separator: "\n"), file: "policy.conf") else {
            preconditionFailure("what was written is not read")
        }
        precondition(again.words == policy.words && again.ports == policy.ports, "what was written says something else")
    }
}
