import Glibc
import ShimProtocol

// muster-shim SPECIFICATION: starts the model server that the file describes, and returns once it runs (status 0) or
// cannot (1, with the reason on stderr). A copy of itself stays behind, in its own session, and holds the replica.
let arguments = CommandLine.arguments
switch (arguments.count, arguments.last) {
case (2, "--version"):
    print(ShimSpecification.format)
case (2, "--help"):
    print("usage: muster-shim SPECIFICATION | --version")
    print("Started by muster-agent, once for each replica; not for people.")
case (2, let path?):
    exit(Launch.run(specificationAt: path))
default:
    ShimError.tell("muster-shim takes one argument, the path of a specification; it is started by muster-agent")
    exit(2)
}
