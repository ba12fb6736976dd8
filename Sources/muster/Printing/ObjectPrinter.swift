import Fleet
import FleetManifest
import Foundation

/// Prints objects in the ways of `get -o`.
enum ObjectPrinter {
    /// A list of objects.
    static func text<View: PrintedView>(
        _ listing: Listing<View>,
        as format: OutputFormat,
        style: TextStyle,
        now: Instant
    ) throws -> String {
        switch format {
        case .json: try json(listing)
        case .jsonpath(let template): template.text(of: try value(listing))
        case .table, .wide, .yaml, .name: try text(listing.items, as: format, style: style, now: now)
        }
    }

    /// One object.
    static func text<View: PrintedView>(
        _ view: View,
        as format: OutputFormat,
        style: TextStyle,
        now: Instant
    ) throws -> String {
        switch format {
        case .json: try json(view)
        case .jsonpath(let template): template.text(of: try value(view))
        case .table, .wide, .yaml, .name: try text([view], as: format, style: style, now: now)
        }
    }

    private static func text<View: PrintedView>(
        _ views: [View],
        as format: OutputFormat,
        style: TextStyle,
        now: Instant
    ) throws -> String {
        switch format {
        case .table, .wide: table(views, isWide: format == .wide, style: style, now: now)
        case .yaml: try views.map(yaml).joined(separator: "---\n")
        case .name, .json, .jsonpath: views.map { "\(View.type.rawValue)/\($0.printedName)" }.joined(separator: "\n")
        }
    }

    /// The table of some objects; says so when there are none.
    static func table<View: PrintedView>(
        _ views: [View],
        isWide: Bool,
        style: TextStyle,
        now: Instant,
        showsTitles: Bool = true
    ) -> String {
        guard !views.isEmpty else { return "no \(View.type.names[1])" }
        let count = View.columns.table.count
        let titles = View.columns.table + (isWide ? View.columns.wide : [])
        let rows = views.map { view in Array(view.cells(now: now).prefix(isWide ? .max : count)) }
        return TextTable(titles: titles, rows: rows).text(style: style, showsTitles: showsTitles)
    }

    /// JSON with sorted members, two spaces a level.
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// JSON with sorted members on one line.
    static func line(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static func yaml<View: PrintedView>(_ view: View) throws -> String {
        if let manifest = view.manifest { return try YAMLTextWriter.text(of: manifest.document) }
        return try YAMLTextWriter.text(of: ManifestNode(json: try value(view)))
    }

    /// What the API answers, as a value.
    static func value(_ view: some Encodable) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: try JSONEncoder().encode(view))
    }
}
