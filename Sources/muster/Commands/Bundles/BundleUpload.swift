import Fleet
import FleetClient

/// A directory on its way to the controller, with progress bars where somebody looks on.
struct BundleUpload {
    private let bundle: BundleDirectory
    private let session: OperatorSession
    private let isShown: Bool

    /// Walks and hashes a directory.
    init(of directory: String, in session: OperatorSession, showsProgress: Bool) throws {
        let isShown = session.terminal.errorIsInteractive && showsProgress
        let reading = ProgressBar(label: "reading", terminal: session.terminal)
        bundle = try BundleDirectory(path: directory) { if isShown { reading.update($0, of: $1) } }
        reading.finish()
        self.session = session
        self.isShown = isShown
    }

    /// What it holds.
    var list: BundleList { bundle.list }

    /// Sends what the controller does not have; one line on what that was.
    func send() async throws -> String {
        let sending = ProgressBar(label: "uploading", terminal: session.terminal)
        defer { sending.finish() }
        let isShown = isShown
        let report = try await session.client.push(bundle) { if isShown { sending.update($0, of: $1) } }
        let count = list.files.count
        return "bundle \(report.bundle): \(count) \(count == 1 ? "file" : "files"), "
            + "\(Measure.bytes(list.totalSize)); sent \(report.uploaded), \(Measure.bytes(report.bytes))"
    }
}
