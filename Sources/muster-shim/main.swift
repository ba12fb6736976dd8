import Glibc
import ShimProtocol

// muster-shim SPECIFICATION: starts the model server that the file describes, and returns once it runs (status 0) or
// cannot (1, with the reason on stderr). A copy of itself stays behind, in its own session, and holds the replica.
// With --once it becomes the program instead, confined as a replica would be.
let arguments = CommandLine.arguments
switch (arguments.count, arguments.last) {
case (2, "--version"):
    print(ShimSpecification.format)
case (2, "--help"):
    print("usage: muster-shim SPECIFICATION | --once SPECIFICATION | --version")
    print("Started by muster-agent, once for each replica; not for people.")
case (3, let path?) where arguments[1] == "--once":
    exit(Launch.once(specificationAt: path))
case (2, let path?):
    exit(Launch.run(specificationAt: path))
default:
    ShimError.tell("muster-shim takes one argument, the path of a specification; it is started by muster-agent")
    exit(2)
}
