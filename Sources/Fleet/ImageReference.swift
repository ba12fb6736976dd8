/// A container image by the digest of its manifest: `registry/repository@sha256:…` (OCI distribution specification). A tag can
/// be moved, and then two hosts would run two programs under one revision.
package struct ImageReference: Hashable, Sendable {
    /// As it is written.
    package let text: String
    /// The registry and the repository: what stands before the digest.
    package let repository: String

    /// Reads a reference; `nil` when it is none.
    package init?(_ text: String) {
        guard Self.problem(with: text) == nil, let sign = text.firstIndex(of: "@") else { return nil }
        self.text = text
        repository = String(text[..<sign])
    }

    /// Why `text` names no image by its digest, or `nil`.
    package static func problem(with text: String) -> String? {
        guard text.utf8.count <= 512 else { return "is longer than 512 bytes" }
        let halves = text.split(separator: "@", omittingEmptySubsequences: false)
        let name = halves[0]
        if let reason = problem(withName: name, isWhole: halves.count == 1) { return reason }
        guard halves.count == 2, let digest = Digest(String(halves[1])), digest.description == halves[1] else {
            return
                "does not end with '@sha256:' and 64 lowercase hexadecimal digits: write the digest of the image's manifest "
                + "(`skopeo inspect`, or what a push prints)"
        }
        return nil
    }

    private static func problem(withName name: Substring, isWhole: Bool) -> String? {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        if let last = parts.last, last.contains(":") {
            let tag = last.split(separator: ":", omittingEmptySubsequences: false).dropFirst().joined(separator: ":")
            return isWhole
                ? "names the image by the tag '\(tag)', which can be moved: write its digest in its place, '@sha256:…'"
                : "has the tag '\(tag)' beside the digest, which would be without effect: leave it out"
        }
        guard let registry = parts.first, parts.count > 1, isRegistry(registry) else {
            return
                "does not begin with its registry, like registry.example.com/NAME (docker.io/library/NAME for what Docker Hub "
                + "calls NAME)"
        }
        guard parts.dropFirst().allSatisfy(isComponent) else {
            return "has a part that is no name of a repository: small letters and digits, with . _ - between them"
        }
        return nil
    }

    /// Whether the first part of a name, or of a pattern, is a registry: what Docker takes for one.
    package static func isRegistry(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let host = parts.first, parts.count <= 2, parts.count == 1 || UInt16(parts[1]) ?? 0 > 0 else {
            return false
        }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        let isHost = labels.allSatisfy { label in
            !label.isEmpty && label.utf8.allSatisfy { isSmall($0) || (0x41...0x5A).contains($0) || $0 == 0x2D }
        }
        return isHost && (host == "localhost" || labels.count > 1 || parts.count == 2)
    }

    /// Whether a part of a name is one of a repository's.
    package static func isComponent(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.reversed().first, isSmall(first), isSmall(last) else {
            return false
        }
        return text.utf8.allSatisfy { isSmall($0) || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D }
    }

    private static func isSmall(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
