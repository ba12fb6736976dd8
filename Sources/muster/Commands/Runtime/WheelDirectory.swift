import Fleet
import Foundation

/// A directory that is to become a set of wheels: what every host would refuse is refused before anything is sent.
struct WheelDirectory {
    /// Where the lock stands, if there is one.
    private static let lock = "requirements.txt"

    let path: String
    let list: BundleList

    /// Throws `bundle` with everything that keeps it from being a set of wheels that pip can install.
    func check() throws(CommandFailure) {
        let wheels = list.files.filter { $0.path.hasSuffix(".whl") && !$0.path.contains("/") }
        var problems = list.files.filter { file in !wheels.contains(file) && file.path != Self.lock }
            .map { "\($0.path) is no wheel: build one of it (pip wheel), or remove it" }
        if !wheels.contains(where: { $0.path.hasPrefix("pip-") }) {
            problems.append(
                "there is no wheel of pip, which installs the others on a host: pip download --dest \(path) pip"
            )
        }
        if !wheels.contains(where: { !$0.path.hasPrefix("pip-") }) {
            problems.append("there is no wheel of a server: pip download --dest \(path) --only-binary :all: NAME")
        }
        if list.files.contains(where: { $0.path == Self.lock }) { problems += lockProblems(wheels) }
        guard !problems.isEmpty else { return }
        let shown = problems.prefix(10)
        throw CommandFailure(
            .bundle,
            "\(path) is no set of wheels that a host can install; nothing was sent",
            details: shown + (problems.count > shown.count ? ["… and \(problems.count - shown.count) more"] : []),
            hint: "put the wheels alone into it, with requirements.txt if you have a lock"
        )
    }

    /// What the lock asks for and the directory does not have, or what locks nothing.
    private func lockProblems(_ wheels: [BundleList.File]) -> [String] {
        guard let text = try? String(contentsOfFile: "\(path)/\(Self.lock)", encoding: .utf8) else {
            return ["\(Self.lock) is no text of UTF-8"]
        }
        let digests = Set(wheels.map(\.digest.hex))
        let lines = text.replacing("\\\n", with: " ").split(separator: "\n").map(Self.withoutComment)
        let requirements = lines.filter { !$0.allSatisfy(\.isWhitespace) }
        guard !requirements.isEmpty else { return ["\(Self.lock) asks for nothing: remove it, or fill it"] }
        return requirements.compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            let name = words.first ?? ""
            guard !name.hasPrefix("-") else {
                return "\(Self.lock) holds the option '\(name)', which has no effect on a host: remove it"
            }
            let hashes = words.filter { $0.hasPrefix("--hash=sha256:") }.map { String($0.dropFirst(14)) }
            guard !hashes.isEmpty else {
                return
                    "\(Self.lock) does not lock '\(name)': write it with --hash=sha256:… (pip-compile --generate-hashes)"
            }
            // One with a condition may be for other hosts.
            guard !line.contains(";"), !hashes.contains(where: digests.contains) else { return nil }
            return "\(Self.lock) asks for '\(name)', and no wheel here has one of its hashes: "
                + "pip download --dest \(path) --require-hashes -r \(Self.lock)"
        }
    }

    private static func withoutComment(_ line: Substring) -> Substring {
        if line.drop(while: \.isWhitespace).hasPrefix("#") { return "" }
        return line.firstRange(of: " #").map { line[..<$0.lowerBound] } ?? line
    }
}
