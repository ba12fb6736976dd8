package import NIOCore
import NIOPosix

/// The event loops that connections live on; only this room knows the kind.
package enum RPCEventLoops {
    /// A new group of `threads` loops. Its owner shuts it down.
    package static func group(threads: Int) -> any EventLoopGroup {
        MultiThreadedEventLoopGroup(numberOfThreads: threads)
    }

    /// The process-wide group, never shut down.
    package static var shared: any EventLoopGroup { MultiThreadedEventLoopGroup.singleton }
}
