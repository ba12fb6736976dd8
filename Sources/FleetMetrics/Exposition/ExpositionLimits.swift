/// How much of a document is read. Beyond a bound the summary names it.
package struct ExpositionLimits: Hashable, Sendable {
    /// The longest line, in bytes; a longer one is skipped.
    package var lineBytes: Int
    /// The most samples; the document is left there.
    package var samples: Int
    /// The most labels of one sample; a sample with more is skipped.
    package var labels: Int
    /// The most bad lines; the document is left there, because it is something else.
    package var badLines: Int

    /// Bounds.
    package init(lineBytes: Int = 16 << 10, samples: Int = 100_000, labels: Int = 64, badLines: Int = 1000) {
        self.lineBytes = lineBytes
        self.samples = samples
        self.labels = labels
        self.badLines = badLines
    }
}
