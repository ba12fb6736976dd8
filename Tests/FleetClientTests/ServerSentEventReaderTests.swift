import Testing

@testable import FleetClient

@Suite struct ServerSentEventReaderTests {
    static let stream =
        ": hello\n\nid: 7\nevent: put\ndata: {\"a\":1}\n\ndata:x\r\ndata: y\r\n\r\nevent: none\n\nretry: 5\ndata\n\n"
    static let events: [ServerSentEventReader.Event] = [
        .init(type: "put", data: #"{"a":1}"#, id: "7"), .init(type: "message", data: "x\ny", id: nil),
        .init(type: "message", data: "", id: nil),
    ]

    @Test(arguments: 1...Self.stream.utf8.count) func chunksOfAnySizeReadTheSame(size: Int) throws {
        var reader = ServerSentEventReader()
        var events: [ServerSentEventReader.Event] = []
        let bytes = Array(Self.stream.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            events += try reader.read(bytes[start..<min(start + size, bytes.count)])
        }
        #expect(events == Self.events)
    }

    @Test func aLineHasABound() {
        var reader = ServerSentEventReader()
        #expect(throws: ServerSentEventReader.TooLong.self) {
            _ = try reader.read(repeatElement(0x61, count: ServerSentEventReader.lineLimit + 1))
        }
    }
}
