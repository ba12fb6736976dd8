import Fleet
import FleetController
import NIOCore

/// Host summaries as JSON, with sorted keys. It is written by hand: a person waits for 10,000 of them.
enum HostSummariesText {
    static func json(_ summaries: HostSummaries) -> ByteBuffer {
        var text = ByteBuffer()
        text.reserveCapacity(64 + 160 * summaries.items.count)
        text.writeString(#"{"frozen":\#(summaries.isFrozen),"items":["#)
        for (index, item) in summaries.items.enumerated() {
            if index > 0 { text.writeString(",") }
            write(item, to: &text)
        }
        text.writeString("]}")
        return text
    }

    private static func write(_ item: HostSummary, to text: inout ByteBuffer) {
        text.writeString(item.connected ? #"{"connected":true"# : #"{"connected":false"#)
        if item.isCordoned { text.writeString(#","cordoned":true"#) }
        text.writeString(#","labels":{"#)
        for (index, label) in item.labels.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { text.writeString(",") }
            text.writeJSON(label.key)
            text.writeString(":")
            text.writeJSON(label.value)
        }
        text.writeString("}")
        if let lastSeen = item.lastSeen { write(#","lastSeen":"#, Int(lastSeen.milliseconds), to: &text) }
        text.writeString(#","name":"#)
        text.writeJSON(item.name)
        if item.isQuarantined { text.writeString(#","quarantined":true"#) }
        if let replicas = item.replicas { write(#","replicas":"#, replicas, to: &text) }
        if item.isRevoked { text.writeString(#","revoked":true"#) }
        if let serving = item.serving { write(#","serving":"#, serving, to: &text) }
        write(#","warnings":"#, item.warnings, to: &text)
        text.writeString("}")
    }

    private static func write(_ key: String, _ number: Int, to text: inout ByteBuffer) {
        text.writeString(key)
        text.writeString(String(number))
    }
}
