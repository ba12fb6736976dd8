/// What this build is.
package enum BuildInfo {
    /// The version of every program of this package (semver.org).
    package static let version = "0.1.0"
}
