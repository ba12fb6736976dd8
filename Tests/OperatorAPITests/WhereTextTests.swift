import Fleet
import Foundation
import Testing

@testable import OperatorAPI

@Suite struct WhereTextTests {
    /// What is written by hand is what an encoder writes, to the letter.
    @Test func itIsWhatAnEncoderWrites() throws {
        let digest = Digest(of: "x".utf8)
        func item(_ host: String, number: UInt64, until: Int64?, dark: Int64? = nil) -> ServingView {
            ServingView(
                deployment: "wi\"ne\\ é",
                host: host,
                revision: RevisionView(
                    number: number,
                    digest: digest,
                    written: digest,
                    model: "wine",
                    version: "1/2",
                    runtime: "r"
                ),
                since: Instant(milliseconds: -5),
                until: until.map { Instant(milliseconds: $0) },
                unreachableSince: dark.map { Instant(milliseconds: $0) }
            )
        }
        let items = [
            item("a", number: 1, until: 7), item("b", number: 2, until: nil, dark: 9), item("c", number: 1, until: nil),
        ]
        for view in [
            WhereView(model: "wine", at: Instant(milliseconds: 3), items: [], counts: [:]),
            WhereView(
                model: "wi/ne",
                version: "1",
                at: Instant(milliseconds: 3),
                items: items,
                counts: ["1/2": 2, "b": 1]
            ),
        ] {
            let text = String(decoding: try WhereText(view).bytes(), as: UTF8.self)
            #expect(text == String(decoding: try RouteAnswer.encoder().encode(view), as: UTF8.self))
        }
    }
}
