/// A response's head.
package struct RPCResponseHead: Sendable, Hashable {
    /// The HTTP status, 200 for every RPC.
    package var status: Int
    package var headers: RPCMetadata

    package init(status: Int, headers: RPCMetadata) {
        self.status = status
        self.headers = headers
    }
}
