package import Fleet

/// How many hosts of a rollback have receipts of one kind. The counts of a rollback sum to its entries.
package struct ReceiptCount: Hashable, Sendable {
    /// The deployment's uid.
    package var deployment: String
    /// What kind of receipt.
    package var receipt: Receipt.Kind
    /// How many they are: 1…
    package var count: Int
}
