/// How a child ended, as the shim leaves it on disk before it goes.
package struct ShimExitRecord: Hashable, Sendable {
    /// How it ended.
    package var exit: ShimExit
    /// Milliseconds since 1970.
    package var at: Int64

    /// How a child ended, and when.
    package init(exit: ShimExit, at: Int64) {
        self.exit = exit
        self.at = at
    }

    /// The file's text.
    package var text: String { "\(ShimSpecification.format)\nexited \(exit)\nat \(at)\n" }

    /// Reads the file's text; `nil` for another version or a torn file. Lines that a newer shim adds are left out.
    package init?(text: String) {
        guard let lines = NamedLines(text, format: ShimSpecification.format),
            let exit = lines["exited"].flatMap(ShimExit.init(text:)), let at = lines["at"].flatMap({ Int64($0) })
        else { return nil }
        self.init(exit: exit, at: at)
    }
}
