import Glibc
import StoreDriver

/// A process that writes and says what was acknowledged, to be killed by tests.
///
/// `muster-store-writer driver|fleet PATH [FILE-SIZE-LIMIT]`: 16 writers. After each acknowledgement a line `ok …` goes
/// to standard output in one write(2); a writer whose write failed says `failed CODE` and ends. With a limit no file may
/// grow beyond so many bytes: the disk is full.
@main
enum StoreWriter {
    static let writers = 16

    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count > 2 else { return say("usage: muster-store-writer driver|fleet PATH [LIMIT]\n") }
        if arguments.count > 3, let bytes = rlim_t(arguments[3]) {
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        }
        if arguments[1] == "fleet" {
            try await FleetWrites(path: arguments[2]).run()
        } else {
            try await DriverWrites(path: arguments[2]).run()
        }
    }

    static func say(_ line: String) {
        var line = line
        line.withUTF8 { bytes in
            _ = Glibc.write(1, bytes.baseAddress, bytes.count)
        }
    }
}
