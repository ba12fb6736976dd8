import CProcess
import FoundationEssentials
import Glibc

/// The host's own disk.
package struct SystemDisk: AgentDisk {
    /// The host's own disk.
    package init() {}

    package func open(_ path: String, _ use: DiskUse) throws(DiskFault) -> DiskFile {
        let number =
            switch use {
            case .read: Glibc.open(path, O_RDONLY | O_CLOEXEC)
            case .update: Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            case .replace(let mode): Glibc.open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
            }
        try check(number)
        return DiskFile(number: number)
    }

    package func close(_ file: DiskFile) { _ = Glibc.close(file.number) }

    package func lock(_ file: DiskFile) throws(DiskFault) { try check(flock(file.number, LOCK_EX | LOCK_NB)) }

    package func read(_ file: DiskFile, at offset: Int64, into buffer: inout [UInt8]) throws(DiskFault) -> Int {
        while true {
            let count = pread(file.number, &buffer, buffer.count, off_t(offset))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw DiskFault(errno) }
            return count
        }
    }

    package func write(_ bytes: RawSpan, to file: DiskFile, at offset: Int64) throws(DiskFault) {
        let failure = bytes.withUnsafeBytes { buffer -> Int32? in
            var done = 0
            while done < buffer.count {
                let count = unsafe pwrite(
                    file.number,
                    buffer.baseAddress?.advanced(by: done),
                    buffer.count - done,
                    off_t(offset) + done
                )
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return count < 0 ? errno : ENOSPC }
                done += count
            }
            return nil
        }
        if let failure { throw DiskFault(failure) }
    }

    package func truncate(_ file: DiskFile, to size: Int64) throws(DiskFault) {
        try check(ftruncate(file.number, off_t(size)))
    }

    package func reserve(_ file: DiskFile, from offset: Int64, length: Int64) throws(DiskFault) {
        try check(cprocess_reserve(file.number, off_t(offset), off_t(length)))
    }

    package func sync(_ file: DiskFile) throws(DiskFault) { try check(fdatasync(file.number)) }

    package func syncDirectory(_ path: String) throws(DiskFault) {
        let directory = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        try check(directory)
        defer { _ = Glibc.close(directory) }
        try check(fsync(directory))
    }

    package func rename(_ path: String, to other: String) throws(DiskFault) { try check(Glibc.rename(path, other)) }

    package func link(_ path: String, as other: String) throws(DiskFault) { try check(Glibc.link(path, other)) }

    package func unlink(_ path: String) throws(DiskFault) { try check(Glibc.unlink(path)) }

    package func makeDirectory(_ path: String) throws(DiskFault) { try check(mkdir(path, 0o700)) }

    package func removeDirectory(_ path: String) throws(DiskFault) { try check(rmdir(path)) }

    package func names(in path: String) throws(DiskFault) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        } catch {
            throw DiskFault(exists(path) ? EIO : ENOENT)
        }
    }

    package func size(of path: String) throws(DiskFault) -> Int64 {
        var status = stat()
        try check(stat(path, &status))
        return Int64(status.st_size)
    }

    package func free(at path: String) throws(DiskFault) -> Int64 {
        var status = statvfs()
        try check(statvfs(path, &status))
        return Int64(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
    }

    /// To be given what a call returned, right after it.
    private func check(_ result: Int32) throws(DiskFault) {
        guard result >= 0 else { throw DiskFault(errno) }
    }
}
