package import Fleet
package import Logging

/// How one event becomes one line.
package enum LogFormat: String, Sendable, CaseIterable {
    /// `time=… level=… logger=… message="…" key=value …`.
    case logfmt
    /// One JSON object (RFC 8259).
    case json

    /// The longest value that is written whole, in bytes; a longer one is cut and says so.
    package static let valueBytes = 4096

    /// The line, ending with a line feed: the fixed fields first, then the metadata sorted by key.
    package func line(
        time: Instant,
        level: Logger.Level,
        label: String,
        message: String,
        metadata: Logger.Metadata
    ) -> String {
        var fields: [(key: String, value: String)] = [
            ("time", Self.timestamp(time)), ("level", level.rawValue), ("logger", label), ("message", message),
        ]
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            // A fact must not pass for one of the fixed fields.
            let fixed = ["time", "level", "logger", "message"].contains(key)
            fields.append((fixed ? "_\(key)" : key, "\(value)"))
        }
        switch self {
        case .logfmt: return fields.map { "\(Self.bare($0.key))=\(Self.word($0.value))" }.joined(separator: " ") + "\n"
        case .json:
            return "{" + fields.map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }.joined(separator: ",") + "}\n"
        }
    }

    /// RFC 3339 in UTC with milliseconds.
    private static func timestamp(_ time: Instant) -> String {
        let rest = String(((time.milliseconds % 1000) + 1000) % 1000)
        return time.description.dropLast() + "." + String(repeating: "0", count: 3 - rest.count) + rest + "Z"
    }

    private static func bare(_ key: String) -> String {
        String(decoding: key.utf8.map { $0 <= 0x20 || $0 == 0x3D || $0 == 0x22 ? 0x5F : $0 }, as: UTF8.self)
    }

    private static func word(_ value: String) -> String {
        let plain =
            !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3D && $0 != 0x22 && $0 != 0x5C }
        return plain && value.utf8.count <= valueBytes ? value : quoted(value)
    }

    private static func quoted(_ value: String) -> String {
        var text: [UInt8] = [0x22]
        let cut = value.utf8.count > valueBytes
        for byte in (cut ? String(value.prefix(valueBytes / 4)) : value).utf8 {
            switch byte {
            case 0x22, 0x5C: text += [0x5C, byte]
            case 0x0A: text += Array("\\n".utf8)
            case 0x0D: text += Array("\\r".utf8)
            case 0x09: text += Array("\\t".utf8)
            case 0..<0x20, 0x7F:
                let hex = String(byte, radix: 16)
                text += Array("\\u00\(hex.count == 1 ? "0" : "")\(hex)".utf8)
            default: text.append(byte)
            }
        }
        if cut { text += Array("… (\(value.utf8.count) bytes)".utf8) }
        return String(decoding: text + [0x22], as: UTF8.self)
    }
}
