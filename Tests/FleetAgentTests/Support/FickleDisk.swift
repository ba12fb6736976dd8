import Glibc
import Synchronization

@testable import FleetAgent

/// The host's disk, whose journal cannot be written when a test says so: half of what is to be written still fits.
final class FickleDisk: AgentDisk {
    let isFull = Mutex(false)
    private let disk = SystemDisk()

    func write(_ bytes: RawSpan, to file: DiskFile, at offset: Int64) throws(DiskFault) {
        guard isFull.withLock({ $0 }) else { return try disk.write(bytes, to: file, at: offset) }
        try disk.write(bytes.extracting(first: bytes.byteCount / 2), to: file, at: offset)
        throw DiskFault(ENOSPC)
    }

    func open(_ path: String, _ use: DiskUse) throws(DiskFault) -> DiskFile { try disk.open(path, use) }
    func close(_ file: DiskFile) { disk.close(file) }
    func lock(_ file: DiskFile) throws(DiskFault) { try disk.lock(file) }
    func read(_ file: DiskFile, at offset: Int64, into buffer: inout [UInt8]) throws(DiskFault) -> Int {
        try disk.read(file, at: offset, into: &buffer)
    }
    func truncate(_ file: DiskFile, to size: Int64) throws(DiskFault) { try disk.truncate(file, to: size) }
    func reserve(_ file: DiskFile, from offset: Int64, length: Int64) throws(DiskFault) {
        try disk.reserve(file, from: offset, length: length)
    }
    func sync(_ file: DiskFile) throws(DiskFault) { try disk.sync(file) }
    func syncDirectory(_ path: String) throws(DiskFault) { try disk.syncDirectory(path) }
    func rename(_ path: String, to other: String) throws(DiskFault) { try disk.rename(path, to: other) }
    func link(_ path: String, as other: String) throws(DiskFault) { try disk.link(path, as: other) }
    func unlink(_ path: String) throws(DiskFault) { try disk.unlink(path) }
    func makeDirectory(_ path: String) throws(DiskFault) { try disk.makeDirectory(path) }
    func removeDirectory(_ path: String) throws(DiskFault) { try disk.removeDirectory(path) }
    func names(in path: String) throws(DiskFault) -> [String] { try disk.names(in: path) }
    func size(of path: String) throws(DiskFault) -> Int64 { try disk.size(of: path) }
    func free(at path: String) throws(DiskFault) -> Int64 { try disk.free(at: path) }
}
