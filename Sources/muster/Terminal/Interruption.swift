import Dispatch
import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Says on Ctrl-C what has become of what was asked for, and ends as by the signal. A command makes one at most.
final class Interruption {
    /// What is said; the signal comes on another thread.
    private final class Words: Sendable {
        let text: Mutex<String>

        init(_ text: String) {
            self.text = Mutex(text)
        }
    }

    private let source: any DispatchSourceSignal
    private let words: Words

    /// From now on, until its end.
    init(_ text: String, terminal: Terminal) {
        let words = Words(text)
        self.words = words
        signal(SIGINT, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler {
            terminal.complain("\n\(words.text.withLock { $0 })")
            exit(128 + SIGINT)
        }
        source.activate()
    }

    /// From now on it says something else.
    func say(_ text: String) {
        words.text.withLock { $0 = text }
    }

    /// Ctrl-C is as ever again.
    func end() {
        source.cancel()
        signal(SIGINT, SIG_DFL)
    }
}
