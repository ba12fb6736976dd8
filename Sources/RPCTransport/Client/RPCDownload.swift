/// A GET under way: its head is here, its body follows.
package struct RPCDownload: Sendable {
    package let head: RPCResponseHead
    /// The body, in pieces of any size; ends when it is whole, throws the `RPCStatus` when it was cut short.
    package let body: RPCInbound
}
