import Fleet
import FoundationEssentials

/// JSON in and out of plain bytes.
package enum JSONCoding {
    /// The bytes of a value; its keys are sorted, so that the same value has the same bytes.
    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    /// Reads a value.
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: some Sequence<UInt8>) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes))
    }

    /// What a revision says. It was made by a controller and has its digest: only a newer format can fail.
    static func content(of revision: Revision) throws(AgentError) -> RevisionContent {
        do {
            let content = try decode(RevisionContent.self, from: revision.bytes)
            guard content.format == RevisionContent.format else {
                throw AgentError(
                    .refused,
                    "revision \(revision.number) is written as \(content.format), which this agent does not know; "
                        + "install a newer muster-agent"
                )
            }
            // A word that this agent does not know would be left out, and so be without effect.
            guard content.canonicalBytes == revision.bytes else {
                throw AgentError(
                    .refused,
                    "revision \(revision.number) says something that this agent does not know; install a newer muster-agent"
                )
            }
            return content
        } catch let error as AgentError {
            throw error
        } catch {
            throw AgentError(
                .refused,
                "revision \(revision.number) asks for something this agent does not know; install a newer muster-agent",
                cause: error
            )
        }
    }
}
