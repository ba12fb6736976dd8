import DaemonKit
import Fleet
import Synchronization

/// How long nothing has come: ends a fetch on a connection that is dead and does not say so.
final class BlobSilence: Sendable {
    private let time: TimeSource
    private let last: Mutex<Span>

    /// Silence begins now.
    init(time: TimeSource) {
        self.time = time
        last = Mutex(time.elapsed())
    }

    /// Something has come.
    func heard() {
        let now = time.elapsed()
        last.withLock { $0 = now }
    }

    /// Returns when nothing has come for so long.
    func outlasts(_ patience: Span) async throws {
        while true {
            let silence = time.elapsed().milliseconds - last.withLock { $0.milliseconds }
            guard silence < patience.milliseconds else { return }
            try await time.sleep(Span(milliseconds: patience.milliseconds - silence))
        }
    }
}
