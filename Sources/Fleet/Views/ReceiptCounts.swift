/// How many hosts of a rollback have which kind of receipt; each host of each deployment counts once.
package typealias ReceiptCounts = HostCounts<Receipt.Kind>

extension HostCounts<Receipt.Kind> {
    /// The hosts with these receipts.
    package init(_ receipts: some Sequence<Receipt>) {
        self.init()
        for receipt in receipts { add(receipt.kind) }
    }
}
