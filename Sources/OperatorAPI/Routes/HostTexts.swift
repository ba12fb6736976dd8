import Fleet
import Foundation
import NIOCore
import Synchronization

/// Host views as JSON. The two parts of one that are long and seldom change, the host and its report, are written once and
/// kept until they are others: programs ask for the same hosts again and again.
final class HostTexts: Sendable {
    private struct Parts {
        var host: FleetHost
        var hostText: [UInt8]
        var report: HostReport?
        var reportText: [UInt8]

        var bytes: Int { hostText.count + reportText.count }
    }

    private struct State {
        var parts: [String: Parts] = [:]
        var bytes = 0
    }

    /// The most bytes of JSON that are kept.
    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: the most bytes of JSON that are kept.
    init(limit: Int = 64 << 20) {
        self.limit = limit
    }

    /// A view as `RouteAnswer.json` writes it, to the byte.
    func json(_ view: HostView) throws -> ByteBuffer {
        let known = state.withLock { $0.parts[view.host.id] }
        var parts = known ?? Parts(host: view.host, hostText: [], report: nil, reportText: [])
        let isSameHost = known != nil && parts.host == view.host
        let isSameReport = known != nil && parts.report == view.report
        if !isSameHost || !isSameReport {
            if !isSameHost {
                parts.host = view.host
                parts.hostText = try Self.encoded(view.host)
            }
            if !isSameReport {
                parts.report = view.report
                parts.reportText = try view.report.map { try Self.encoded($0) } ?? []
            }
            keep(parts)
        }
        var text = ByteBuffer()
        text.reserveCapacity(parts.bytes + 512)
        text.writeString("{")
        if let ends = view.certificateEnds { text.writeString(#""certificateEnds":\#(ends.milliseconds),"#) }
        text.writeString(#""connected":\#(view.connected),"explanations":"#)
        text.writeBytes(view.explanations.isEmpty ? Self.none : try Self.encoded(view.explanations))
        text.writeString(#","host":"#)
        text.writeBytes(parts.hostText)
        if let lastSeen = view.lastSeen {
            text.writeString(#","lastSeen":\#(lastSeen.milliseconds)"#)
        }
        if view.report != nil {
            text.writeString(#","report":"#)
            text.writeBytes(parts.reportText)
        }
        text.writeString(#","warnings":["#)
        for (index, warning) in view.warnings.enumerated() {
            if index > 0 { text.writeString(",") }
            text.writeJSON(warning)
        }
        text.writeString("]}")
        return text
    }

    /// How many bytes of JSON are kept.
    var bytes: Int { state.withLock(\.bytes) }

    private static let none = Array("[]".utf8)

    private static func encoded(_ value: some Encodable) throws -> [UInt8] {
        [UInt8](try RouteAnswer.encoder().encode(value))
    }

    private func keep(_ parts: Parts) {
        state.withLock { state in
            let old = state.parts[parts.host.id]?.bytes ?? 0
            if state.bytes - old + parts.bytes > limit { state = State() } else { state.bytes -= old }
            guard parts.bytes <= limit else { return }
            state.parts[parts.host.id] = parts
            state.bytes += parts.bytes
        }
    }
}
