import CProcess
import Glibc
import ShimProtocol

/// The shim's socket.
enum Listener {
    /// Listens at a path (0600 by the umask), replacing what a dead shim left there.
    static func bind(at path: String) throws(ShimError) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC | O_NONBLOCK, 0)
        guard descriptor >= 0 else { throw ShimError(cannot: "make a socket") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count <= ShimFiles.socketPathLimit else {
            throw ShimError("the socket's path is longer than \(ShimFiles.socketPathLimit) bytes: \(path)")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        unlink(path)
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.bind(descriptor, $0, length) }
        }
        guard bound == 0, listen(descriptor, 16) == 0 else { throw ShimError(cannot: "listen at \(path)") }
        return descriptor
    }
}
