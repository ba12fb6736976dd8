import Fleet

extension GoldenComparison {
    /// A comparison. Throws `refused` when the probe's own texts are no JSON, no path or no tolerances.
    init(_ probe: GoldenProbe) throws(AgentError) {
        guard let expected = try? JSONCoding.decode(JSONValue.self, from: probe.expect.utf8) else {
            throw AgentError(.refused, "the golden probe's 'expect' is no JSON; push the model version again")
        }
        guard let absolute = Double(probe.absolute), let relative = Double(probe.relative), absolute >= 0,
            relative >= 0
        else {
            throw AgentError(.refused, "the golden probe's tolerances are no numbers; push the model version again")
        }
        guard let select = JSONPath(probe.select ?? "$") else {
            throw AgentError(.refused, "the golden probe's 'select' is no JSON path; push the model version again")
        }
        self.init(expected: expected, absolute: absolute, relative: relative, select: select)
    }

    /// The first difference in an answer's bytes, for people; `nil` when it matches.
    func difference(in answer: [UInt8]) -> String? {
        guard let value = try? JSONCoding.decode(JSONValue.self, from: answer) else {
            let text = String(decoding: answer.prefix(200), as: UTF8.self)
            return "the answer is no JSON: \(text.count > 80 ? "\(text.prefix(80))…" : text)"
        }
        return difference(in: value)
    }
}
