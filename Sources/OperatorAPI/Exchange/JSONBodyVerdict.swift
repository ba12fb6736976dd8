package import FleetManifest

/// Whether an operation takes a body, and what is wrong with it if not.
package struct JSONBodyVerdict: Sendable {
    /// Whether it can be carried out.
    package let isTaken: Bool
    /// Everything that is wrong.
    package let problems: [ManifestProblem]

    /// What every operation that takes JSON says to some bytes, by its method and template.
    package static func all(of bytes: [UInt8]) -> [(route: String, verdict: JSONBodyVerdict)] {
        RouteTable.readers.map { ($0.route, $0.check(bytes)) }
    }
}
