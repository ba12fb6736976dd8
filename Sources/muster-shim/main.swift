import Glibc
import ShimProtocol

// muster-shim SPECIFICATION: starts the model server that the file describes, and returns once it runs (status 0) or
// cannot (1, with the reason on stderr). A copy of itself stays behind, in its own session, and holds the replica.
// With --once it becomes the program instead, confined as a replica would be. With --rotate it rotates a log that nobody
// else does, when it is longer than so many bytes.
let arguments = CommandLine.arguments
switch (arguments.count, arguments.last) {
case (2, "--version"):
    print(ShimSpecification.format)
case (2, "--help"):
    print("usage: muster-shim SPECIFICATION | --once SPECIFICATION|- | --rotate LOG BYTES | --version")
    print("Started by muster-agent, once for each replica; not for people.")
case (3, let path?) where arguments[1] == "--once":
    exit(Launch.once(specificationAt: path))
case (4, let limit?) where arguments[1] == "--rotate":
    guard let limit = Int64(limit), limit > 0 else {
        ShimError.tell("'\(limit)' is no number of bytes; it is started by muster-agent")
        exit(2)
    }
    ReplicaLog(path: arguments[2], limit: limit).check()
case (2, let path?):
    exit(Launch.run(specificationAt: path))
default:
    ShimError.tell("muster-shim takes one argument, the path of a specification; it is started by muster-agent")
    exit(2)
}
