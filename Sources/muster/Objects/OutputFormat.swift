import ArgumentParser

/// How `get` prints.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    /// The columns that matter daily.
    case table
    /// All columns.
    case wide
    /// What the API answers.
    case json
    /// Manifests, for what is declared by one; else what the API answers.
    case yaml
    /// `type/name`, one a line.
    case name
}
