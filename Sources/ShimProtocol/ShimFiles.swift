/// The names of the files in a replica's directory.
package enum ShimFiles {
    /// What the shim was told: a `ShimSpecification`.
    package static let specification = "spec"
    /// How to find the shim and its child again: a `ShimHandle`.
    package static let handle = "handle"
    /// How the child ended: a `ShimExitRecord`.
    package static let exit = "exit"
    /// The socket that the shim listens on.
    package static let socket = "shim.sock"
    /// What the shim itself had to say.
    package static let messages = "shim.log"
    /// The longest path of a socket, in bytes (unix(7): 108 with the NUL).
    package static let socketPathLimit = 107
}
