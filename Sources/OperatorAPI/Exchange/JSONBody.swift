import Fleet
import FleetManifest

/// What one operation takes: a JSON object with these keys.
struct JSONBody<Value>: Sendable {
    /// What comes of some bytes.
    struct Reading {
        /// `nil` where something is wrong.
        var value: Value?
        /// Whether the bytes are JSON.
        var isJSON: Bool
        /// Everything that is wrong.
        var problems: [ManifestProblem]
    }

    private let keys: ObjectKeys
    private let taken: @Sendable (inout ObjectReader) -> Value?

    /// - Parameter taken: answers `nil` when it reported a problem.
    init(_ keys: [String], _ taken: @escaping @Sendable (inout ObjectReader) -> Value?) {
        self.keys = ObjectKeys(keys)
        self.taken = taken
    }

    /// Reads a body.
    func reading(of bytes: some Collection<UInt8>) -> Reading {
        let text = JSONTextReader.read(bytes)
        guard let root = text.root else { return Reading(value: nil, isJSON: false, problems: text.problems) }
        var reader = ObjectReader(root, at: ManifestPath(), keys: keys)
        let value = taken(&reader)
        let problems = text.problems + reader.problems
        return Reading(value: problems.isEmpty ? value : nil, isJSON: true, problems: problems)
    }

    /// The same, without the value.
    var check: @Sendable ([UInt8]) -> JSONBodyVerdict {
        { bytes in
            let reading = reading(of: bytes)
            return JSONBodyVerdict(isTaken: reading.value != nil, problems: reading.problems)
        }
    }
}
