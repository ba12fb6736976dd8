extension HouseRule {
    /// How often each escape from the compiler's checks may stand in Sources. A number here may only fall.
    static let allowances: [(token: String, most: Int, instead: String)] = [
        ("@unchecked Sendable", 3, "a Mutex, an actor or a value makes it Sendable for real"),
        ("nonisolated(unsafe)", 0, "hand the value over, or keep it where it is isolated"),
        ("Task {", 2, "children live in their owner's task group"),
        ("Task.detached", 0, "children live in their owner's task group"),
        ("@preconcurrency", 0, "wrap what is not yet Sendable"),
    ]

    static let budgets: [HouseRule] =
        allowances.map { allowance in
            HouseRule(name: "at most \(allowance.most) × \(allowance.token)", reason: "instead: \(allowance.instead)") {
                tree in
                let places = tree.files.filter(\.isSource).flatMap { file in
                    file.lines(with: allowance.token).map { "\(file.path):\($0): \(allowance.token)" }
                }
                return places.count > allowance.most ? places : []
            }
        } + [defended]

    private static let defended = perFile(
        "a comment defends each unstructured task and each unchecked promise",
        reason: "say on the line above why nothing structured or checked will do",
        where: { $0.isSource }
    ) { file in
        let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false)
        return ["Task {", "Task.detached", "@unchecked Sendable", "nonisolated(unsafe)"].flatMap { token in
            file.lines(with: token).filter { number in
                let near = lines[max(0, number - 3)..<min(number, lines.count)]
                return !near.contains { $0.contains("//") }
            }.map { ($0, token) }
        }
    }
}
