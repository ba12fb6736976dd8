import Fleet
import FleetManifest

/// Feeds every reader of a short text (selectors, amounts, quantities, times, versions, paths, names, metrics, lists of files) with
/// whatever somebody could type, and checks what the rest relies on: what is taken is written so that it reads as the same,
/// and a problem stands in the text.
///
/// Run by `Deploy/scripts/fuzz` with libFuzzer and the address sanitizer; `FuzzTests` replay its seeds and findings.
package enum SelectorFuzz {
    package static func run(_ input: UnsafeRawBufferPointer) {
        let text = String(decoding: input, as: UTF8.self)
        checkSelector(text)
        same(text) { Amount($0) }
        same(text) { Span($0) }
        same(text) { ByteQuantity($0) }
        same(text) { ProcessorQuantity($0) }
        same(text) { JSONPath($0) }
        same(text) { Digest($0) }
        same(text) { try? VersionRange($0) }
        same(text) { try? MetricSeries($0) }
        checkAmounts(text)
        checkVersions(text)
        for rule in [
            NameRule.problem(withName:), NameRule.problem(withLabelKey:), NameRule.problem(withLabelValue:),
            NameRule.problem(withVersion:), NameRule.problem(withVariable:),
        ] {
            precondition(rule(text)?.isEmpty != true, "nothing is said")
        }
        _ = NearestName.of(text, among: ["wine", "rolling", "keepServing"])
        if let template = try? TextTemplate(text, ports: ["http"]) {
            let values = Dictionary(uniqueKeysWithValues: (TextTemplate.variables + ["port.http"]).map { ($0, "x") })
            precondition((try? template.expanded(with: values)) != nil, "a variable that was taken has no value")
        }
        if let list = try? BundleList(bytes: Array(input)) {
            precondition(list.bytes.elementsEqual(input), "a list is not written back")
            precondition(list.totalSize >= 0, "the files are smaller than nothing")
        }
    }

    /// What is read is written so that it reads as the same.
    private static func same<Value: Equatable & CustomStringConvertible>(
        _ text: String,
        _ read: (String) -> Value?
    ) {
        guard let value = read(text) else { return }
        precondition(read(value.description) == value, "\(Value.self) is not written back")
    }

    private static func checkSelector(_ text: String) {
        do throws(LabelSelector.Problem) {
            let selector = try LabelSelector(text)
            // Whoever has what is asked for, and nothing else, is selected, unless two conditions contradict each other.
            for requirement in selector.requirements {
                let labels: [String: String] =
                    switch requirement {
                    case .isIn(let key, let values): [key: values.first ?? ""]
                    case .exists(let key): [key: ""]
                    case .isNotIn, .isMissing: [:]
                    }
                let isAlone = selector.requirements.count == 1
                precondition(!isAlone || selector.matches(labels), "a selector does not select what it names")
            }
        } catch {
            precondition((0...text.count).contains(error.offset), "a problem is nowhere")
            precondition(!error.message.isEmpty, "nothing is said")
        }
    }

    private static func checkAmounts(_ text: String) {
        guard let amount = Amount(text) else { return }
        for size in [0, 1, 7, 10_000] {
            precondition((0...size).contains(amount.hosts(of: size)), "more hosts than there are")
            if case .percent = amount {
                precondition(amount.tolerated(of: size) <= amount.hosts(of: size), "tolerates more than it takes")
            }
        }
    }

    private static func checkVersions(_ text: String) {
        guard let version = VersionNumber(text) else { return }
        precondition(!(version < version), "a version is below itself")
        precondition((try? VersionRange("=\(text)"))?.contains(version) != false, "a version is not itself")
        _ = VersionNumber(in: text)
    }
}
