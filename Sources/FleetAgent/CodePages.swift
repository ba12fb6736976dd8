import DaemonKit
import Fleet
import Glibc

/// Gives the pages of code that only starting and updating needed back to the kernel's page cache.
///
/// Linux maps 16 pages around each one that is touched and keeps them mapped while memory is plenty; an agent that then
/// idles for weeks would be counted with all of them. What is needed again comes back from the page cache by a minor fault.
enum CodePages {
    /// Often, since an update may have needed much a moment ago; and after each reading of figures, which needs the most of what
    /// an idle agent does. What is touched again costs a quarter of a millisecond of the processor.
    private static let interval = Span.seconds(30)

    /// Gives pages back from time to time, until the task is cancelled.
    static func run(time: TimeSource) async {
        while (try? await time.sleep(interval)) != nil { release() }
    }

    /// Unmaps every page of the program's own code: file-backed and never written, so nothing can be lost (madvise(2)).
    static func release() {
        guard let maps = try? FileAccess.readText("/proc/self/maps") else { return }
        for line in maps.split(separator: "\n") {
            let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
            guard fields.count == 6, fields[1] == "r-xp", fields[5].hasSuffix("/muster-agent") else { continue }
            let bounds = fields[0].split(separator: "-").compactMap { UInt(String($0), radix: 16) }
            guard bounds.count == 2, let start = UnsafeMutableRawPointer(bitPattern: bounds[0]) else { continue }
            unsafe madvise(start, Int(bounds[1] - bounds[0]), MADV_DONTNEED)
        }
    }
}
