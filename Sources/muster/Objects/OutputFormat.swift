import ArgumentParser

/// How `get` prints.
enum OutputFormat: Equatable, ExpressibleByArgument {
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
    /// Parts of what the API answers.
    case jsonpath(JSONPathTemplate)

    static let allValueStrings = ["table", "wide", "json", "yaml", "name", "jsonpath=TEMPLATE"]

    init?(argument: String) {
        switch argument {
        case "table": self = .table
        case "wide": self = .wide
        case "json": self = .json
        case "yaml": self = .yaml
        case "name": self = .name
        default:
            guard argument.hasPrefix("jsonpath="),
                let template = try? JSONPathTemplate(String(argument.dropFirst("jsonpath=".count)))
            else { return nil }
            self = .jsonpath(template)
        }
    }

    /// Whether it is rows under titles.
    var isTable: Bool { self == .table || self == .wide }
}
