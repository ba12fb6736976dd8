import Fleet

/// A bundle of Python wheels: what of it becomes an environment, and by which words.
///
/// pip is one of the wheels: a minimal host has none. It runs out of its wheel, and is not installed itself.
struct WheelSet: Sendable, Hashable {
    /// Where the lock stands, if there is one: without it the set itself is the lock.
    static let lock = "requirements.txt"

    /// The wheel of pip, by its name in the bundle.
    let pip: String
    /// What pip is told to install: `-r requirements.txt`, or every other wheel.
    private let names: [String]
    private let isLocked: Bool

    /// Reads a bundle.
    ///
    /// - Throws: `refused` when it is no set of wheels.
    init(_ list: BundleList, of bundle: Digest) throws(AgentError) {
        let wheels = list.files.map(\.path).filter { $0.hasSuffix(".whl") && !$0.contains("/") }
        guard let pip = wheels.first(where: Self.isPip) else {
            throw AgentError(
                .refused,
                "the runtime's bundle \(bundle) has no wheel of pip, which installs the others; nothing was changed: put one "
                    + "beside them (`pip download pip`), and push it again with `muster runtime push`"
            )
        }
        self.pip = pip
        names = wheels.filter { !Self.isPip($0) }
        isLocked = list.files.contains { $0.path == Self.lock }
    }

    private static func isPip(_ name: String) -> Bool { name.hasPrefix("pip-") }

    /// pip's own words, over a directory with the set.
    ///
    /// Dependencies are looked for in the set alone, so that what it lacks is found now.
    func command(python: String, in directory: String) -> [String] {
        let what = isLocked ? ["-r", "\(directory)/\(Self.lock)"] : names.map { "\(directory)/\($0)" }
        return [
            python, "\(directory)/\(pip)/pip", "--isolated", "--quiet", "--no-input", "--no-cache-dir",
            "--disable-pip-version-check", "install", "--no-index", "--find-links", directory,
        ] + what
    }
}
