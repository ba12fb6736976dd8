import Foundation

/// A page of the reference in `Sources/muster/muster.docc/Reference`: what the code says, committed. Where
/// `MUSTER_TRANSCRIPTS=write` is set (`Deploy/scripts/generate-reference`) it is written first.
package struct ReferencePage {
    /// What is wrong, and what to do about it; nil when the page is what the code says.
    package let problem: String?

    /// - Parameters:
    ///   - name: the page's name, such as `CommandReference`.
    ///   - text: what the code says now.
    package init(_ name: String, says text: String) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appending(path: "Sources/muster/muster.docc/Reference/\(name).md")
        if ProcessInfo.processInfo.environment["MUSTER_TRANSCRIPTS"] == "write" {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let committed = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        problem =
            committed == text ? nil : "\(name).md is old; run Deploy/scripts/generate-reference and read what changed"
    }
}
