/// Everything that was found about this host.
struct CheckReport: Sendable, Hashable, Codable {
    /// The host's own name.
    var host: String
    var findings: [CheckFinding]

    /// Whether nothing that Muster promises is broken here.
    var isFit: Bool { !findings.contains { $0.state == .problem } }

    /// A line for each fact, and one for what to do about it.
    var text: String {
        let width = findings.map(\.name.count).max() ?? 0
        var lines: [String] = []
        for finding in findings {
            let state = finding.state.rawValue.padded(to: 7)
            lines.append("\(state)  \(finding.name.padded(to: width))  \(finding.text)")
            guard let next = finding.next else { continue }
            lines.append("\(String(repeating: " ", count: 9 + width))  next: \(next)")
        }
        lines.append(isFit ? "\(host) is fit to serve" : "\(host) is not fit to serve as it is")
        return lines.joined(separator: "\n")
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
