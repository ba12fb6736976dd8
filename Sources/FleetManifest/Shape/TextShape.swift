import Fleet

/// What a text must look like: the rule that the readers keep, and the same as far as JSON Schema can say it.
package struct TextShape: Sendable {
    /// Its name among a schema's definitions; `nil` where it is written out in place.
    package var name: String?
    /// For people, in the definition.
    package var purpose: String?
    /// How many characters; the bounds of readers are in bytes, so a schema lets some long texts pass.
    package var lengths: ClosedRange<Int>
    /// A regular expression (ECMA-262), anchored.
    package var pattern: String?
    /// Why a text will not do.
    package var rule: @Sendable (String) -> String?

    /// What a text must look like.
    package init(
        _ name: String? = nil,
        purpose: String? = nil,
        lengths: ClosedRange<Int> = 1...ManifestLimits.textBytes,
        pattern: String? = nil,
        rule: @escaping @Sendable (String) -> String? = { $0.isEmpty ? "is empty" : nil }
    ) {
        self.name = name
        self.purpose = purpose
        self.lengths = lengths
        self.pattern = pattern
        self.rule = rule
    }
}

extension TextShape {
    /// Any text that says something.
    static let something = TextShape()
    /// Any text, an empty one too.
    static let any = TextShape(lengths: 0...ManifestLimits.textBytes) { _ in nil }

    static let name = TextShape(
        "name",
        purpose: "1 to 63 of a-z 0-9 - . with a letter or digit at both ends.",
        lengths: 1...63,
        pattern: "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
        rule: NameRule.problem(withName:)
    )

    static let labelKey = TextShape(
        "labelKey",
        purpose: "1 to 63 of A-Z a-z 0-9 - _ . / with a letter or digit at both ends.",
        lengths: 1...63,
        pattern: "^[A-Za-z0-9]([A-Za-z0-9_./-]*[A-Za-z0-9])?$",
        rule: NameRule.problem(withLabelKey:)
    )

    static let labelValue = TextShape(
        "labelValue",
        purpose: "Empty, or up to 256 of A-Z a-z 0-9 - _ . with a letter or digit at both ends.",
        lengths: 0...256,
        pattern: "^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?$",
        rule: NameRule.problem(withLabelValue:)
    )

    static let version = TextShape(
        "version",
        purpose: "1 to 63 of A-Z a-z 0-9 - _ . + with a letter or digit at both ends.",
        lengths: 1...63,
        pattern: "^[A-Za-z0-9]([A-Za-z0-9_.+-]*[A-Za-z0-9])?$",
        rule: NameRule.problem(withVersion:)
    )

    static let variable = TextShape(
        "variable",
        purpose: "The name of an environment variable.",
        lengths: 1...128,
        pattern: "^[A-Za-z_][A-Za-z0-9_]*$",
        rule: NameRule.problem(withVariable:)
    )

    static let user = TextShape(
        "user",
        purpose: "The name of a user of the host: 1 to 32 of a-z 0-9 - _, beginning with a letter or _.",
        lengths: 1...32,
        pattern: "^[a-z_][a-z0-9_-]*$",
        rule: NameRule.problem(withUser:)
    )

    static let image = TextShape(
        "image",
        purpose: "A container image by its digest: REGISTRY/REPOSITORY@sha256:… .",
        lengths: 1...512,
        pattern: "^[A-Za-z0-9.-]+(:[0-9]+)?(/[a-z0-9]([a-z0-9._-]*[a-z0-9])?)+@sha256:[0-9a-f]{64}$",
        rule: ImageReference.problem(with:)
    )

    static let userNumber = TextShape(
        "userNumber",
        purpose: "The number of a user, or UID:GID.",
        lengths: 1...21,
        pattern: "^[0-9]{1,10}(:[0-9]{1,10})?$",
        rule: RuntimeProfile.ContainerSettings.problem(withUser:)
    )

    static let digest = TextShape(
        "digest",
        purpose: "'sha256:' and 64 lowercase hexadecimal digits.",
        lengths: 71...71,
        pattern: "^sha256:[0-9a-f]{64}$",
        rule: DigestRule.problem(with:)
    )

    static let path = TextShape(
        "path",
        purpose: "The path of an HTTP request.",
        lengths: 1...1024,
        pattern: "^/[^ \\u0000-\\u001f\\u007f]*$",
        rule: HTTPPathRule.problem(with:)
    )

    static let hostFile = TextShape(
        "hostFile",
        purpose: "The absolute path of a file on the host, without '.', '..' and empty parts.",
        lengths: 2...1024,
        pattern: "^(/(?!\\.{1,2}(/|$))[^/\\u0000-\\u001f\\u007f]+)+$",
        rule: VariableValue.problem(withFile:)
    )

    static let zone = TextShape(
        "zone",
        purpose: "A name of the IANA time zone database, like Europe/Paris or UTC.",
        pattern: "^(UTC|[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)+)$",
        rule: TimeZoneRule.problem(withName:)
    )

    /// One word of a command that is asked before anything is placed on the host.
    static let plainWord = TextShape(
        "plainWord",
        purpose: "No variables: it is asked before anything is placed on the host.",
        lengths: 0...ManifestLimits.textBytes,
        pattern: "^[^{}]*$"
    ) { word in
        guard word.contains(where: { $0 == "{" || $0 == "}" }) else { return nil }
        return "holds a brace; there are no variables here: it is asked before anything is placed on the host"
    }

    /// A text with `{variables}`; which of them exist is checked against the runtime's ports.
    static let template = TextShape(
        "template",
        purpose: "A text with {variables}; '{{' and '}}' stand for braces.",
        lengths: 0...ManifestLimits.textBytes
    ) { _ in nil }

    /// A label selector; its reader says where in the text it is wrong.
    static let selector = TextShape(
        "selector",
        purpose: "Conditions on labels, like \"env=prod, site in (lyon, ulm), !retired\"; \"\" selects every host.",
        lengths: 0...ManifestLimits.textBytes
    ) { _ in nil }

    static let versions = TextShape(
        "versions",
        purpose: "Conditions that must all hold, like \">=1.7 <2\".",
        pattern: "^[ ,]*((>=|<=|!=|>|<|=)v?[0-9][0-9A-Za-z.+_-]*[ ,]*){1,8}$"
    ) { _ in nil }

    static let metricSeries = TextShape(
        "metricSeries",
        purpose: "A metric's whole name, and labels where not all are meant: http_requests_total{code!=\"200\"}.",
        lengths: 1...1024,
        pattern: "^[A-Za-z_:][A-Za-z0-9_:]* *(\\{.*\\} *)?$"
    ) { text in
        guard text.utf8.count <= 1024 else { return "is longer than 1024 bytes" }
        do throws(MetricSeries.Problem) {
            _ = try MetricSeries(text)
            return nil
        } catch {
            return error.message
        }
    }

    static let timeOfDay = TextShape(
        "timeOfDay",
        purpose: "Hours and minutes from 00:00 to 23:59, in quotes.",
        lengths: 5...5,
        pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$"
    ) { _ in nil }

    static let endOfDay = TextShape(
        "endOfDay",
        purpose: "Hours and minutes from 00:00 to 24:00, in quotes.",
        lengths: 5...5,
        pattern: "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
    ) { _ in nil }

    static let localTime = TextShape(
        "localTime",
        purpose: "A day and a time of the zone, like 2026-12-20T00:00.",
        lengths: 16...16,
        pattern: "^2[0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]$"
    ) { _ in nil }

    static let jsonPath = TextShape(
        "jsonPath",
        purpose: "A JSON path (RFC 9535) to one value, like $.outputs[0].data.",
        lengths: 1...256,
        pattern: "^\\$"
    ) { JSONPath($0) == nil ? "is not a JSON path to one value, such as $.outputs[0].data (RFC 9535)" : nil }
}
