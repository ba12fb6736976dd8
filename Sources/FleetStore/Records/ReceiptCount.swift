package import Fleet

/// How many hosts of a rollback have receipts of one kind. The counts of a rollback sum to its entries.
package struct ReceiptCount: Hashable, Sendable {
    /// The deployment's uid.
    package var deployment: String
    /// What kind of receipt.
    package var receipt: Receipt.Kind
    /// The state of what is in progress, or what becomes of a replica without a target; `nil` for other kinds.
    package var detail: String?
    /// How many they are: 1…
    package var count: Int
}
