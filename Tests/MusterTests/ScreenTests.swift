import Fleet
import Foundation
import Testing

@testable import muster

/// What stands on a terminal while somebody follows: what controllers answered (`Screens/*.json`, recorded), as it is drawn, at the
/// widths that people have. `MUSTER_TRANSCRIPTS=write` writes the pictures anew: read them before you commit.
@Suite struct ScreenTests {
    /// One picture, and the one that it is drawn over.
    enum Picture: String, CaseIterable, Sendable {
        case rolloutMoving = "rollout-moving"
        case rolloutFailed = "rollout-failed"
        case topHosts = "top-hosts"
        case topReplicas = "top-replicas"

        /// What is shown, oldest first.
        func texts(_ style: TextStyle) throws -> [String] {
            switch self {
            case .rolloutMoving, .rolloutFailed:
                return try read([RolloutView].self, rawValue).map { view in
                    let now = (view.targets.map(\.since).max() ?? view.rollout.since) + .seconds(4)
                    let next = RolloutStatus.isOver(view) ? RolloutStatus.nextStep(after: view) : nil
                    return RolloutTree.text(view, style: style, now: now) + (next.map { "\n\($0)" } ?? "")
                }
            case .topHosts, .topReplicas:
                let table = FigureTable(view: try read(FiguresView.self, "figures"), order: .name, isWide: false)
                return [self == .topHosts ? table.hostText(style) : table.replicaText(style)]
            }
        }

        private func read<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
            let file = ScreenTests.directory.appending(path: "\(name).json")
            return try JSONDecoder().decode(type, from: Data(contentsOf: file))
        }
    }

    private static let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Screens")

    @Test(arguments: Picture.allCases, [80, 200])
    func picturesAreAsTheyWereRead(_ picture: Picture, columns: Int) async throws {
        for isColoured in [false, true] {
            var written = ""
            var shown = ""
            for text in try picture.texts(TextStyle(isColoured: isColoured)) {
                let folds = [.rolloutMoving, .rolloutFailed].contains(picture)
                let text = LiveScreen.fit(text, columns: columns, rows: 40, folds: folds)
                written += LiveScreen.drawing(text, over: shown)
                shown = text
            }
            let screen = try await Self.screen(written, columns)
            let golden = Self.directory.appending(
                path: "\(picture.rawValue)-\(columns)\(isColoured ? ".ansi" : ".txt")"
            )
            if ProcessInfo.processInfo.environment["MUSTER_TRANSCRIPTS"] == "write" {
                try screen.write(to: golden, atomically: true, encoding: .utf8)
            }
            #expect(screen == (try? String(contentsOf: golden, encoding: .utf8)), "\(golden.lastPathComponent)")
        }
    }

    /// What tmux shows of it.
    private static func screen(_ written: String, _ columns: Int) async throws -> String {
        let directory = NSTemporaryDirectory() + "muster-screen-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try written.write(toFile: "\(directory)/written", atomically: true, encoding: .utf8)
        let pane = try await TerminalPane(
            (columns, 40),
            running: "cat \(directory)/written; echo that is all; exec cat",
            in: directory
        )
        let screen = try await pane.screen(coloured: written.contains("\u{1B}[3")) { $0.contains("that is all") }
        try await pane.close()
        return screen.components(separatedBy: "that is all")[0]
    }
}
