import Fleet
import Foundation

/// Takes secrets out of what the controller says.
enum SupportText {
    /// A document of JSON without the values of variables, and without what else looks like a secret.
    static func redacted(_ text: String) throws -> String {
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
        let redactor = Redactor(environments: environments(in: object))
        let bytes = try JSONSerialization.data(
            withJSONObject: redacted(object, named: nil, redactor),
            options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        )
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func environments(in value: Any) -> [[String: String]] {
        if let list = value as? [Any] { return list.flatMap(environments) }
        guard let object = value as? [String: Any] else { return [] }
        return object.flatMap { key, value in
            guard key == "environment", let variables = value as? [String: Any] else { return environments(in: value) }
            return [variables.compactMapValues { $0 as? String }]
        }
    }

    private static func redacted(_ value: Any, named name: String?, _ redactor: Redactor) -> Any {
        if let text = value as? String { return redactor.text(text, named: name) }
        if let list = value as? [Any] {
            return list.indices.map { index in
                // The value of an option is the element after it.
                let option = index > 0 ? list[index - 1] as? String : nil
                let isOption = option.map { $0.hasPrefix("-") && !$0.contains("=") } ?? false
                return redacted(list[index], named: isOption ? option : name, redactor)
            }
        }
        guard let object = value as? [String: Any] else { return value }
        return Dictionary(
            uniqueKeysWithValues: object.map { key, value in
                guard key == "environment", let variables = value as? [String: Any] else {
                    return (key, redacted(value, named: key, redactor))
                }
                return (key, variables.mapValues { _ in Redactor.mark })
            }
        )
    }
}
