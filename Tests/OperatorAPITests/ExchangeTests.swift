import Fleet
import FleetController
import FleetManifest
import Hummingbird
import Testing

@testable import OperatorAPI

@Suite struct ExchangeTests {
    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777_000, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400_000, "Tue, 29 Feb 2000 00:00:00 GMT"),
    ])
    func datesAreWrittenAsRFC9110Says(milliseconds: Int64, text: String) {
        #expect(HTTPDate.text(Instant(milliseconds: milliseconds)) == text)
    }

    @Test(arguments: [
        ("a%20b", "a b"), ("a+b", "a+b"), ("%C3%A9", "é"), ("%", nil), ("%4", nil), ("%zz", nil), ("%ff", nil),
        ("", ""),
    ])
    func escapesAreDecodedOrRefused(text: String, decoded: String?) {
        #expect(PercentEncoding.decoded(text) == decoded)
    }

    @Test(arguments: [
        (ControllerError.Code.invalid, 422, "invalid"), (.unauthenticated, 401, "unauthenticated"),
        (.notFound, 404, "not-found"), (.conflict, 409, "conflict"), (.removalNotAllowed, 409, "removal-not-allowed"),
        (.overloaded, 503, "overloaded"), (.unavailable, 503, "unavailable"), (.internal, 500, "internal"),
    ])
    func everyCodeHasItsStatus(code: ControllerError.Code, status: Int, type: String) {
        let error = APIError(ControllerError(code, "what", hint: "next"))
        #expect(error.document.status == status)
        #expect(error.document.type == type)
        #expect(error.document.detail == "what")
        #expect(error.document.hint == "next")
        #expect((error.headers[.retryAfter] != nil) == (status == 503))
        #expect((error.headers[.wwwAuthenticate] != nil) == (status == 401))
    }

    @Test func pointersLeadIntoTheBody() {
        let problem = ManifestProblem("wrong", path: ManifestPath([.key("spec"), .key("a/b~"), .index(3)]))
        let error = APIError(ControllerError(.invalid, "1 problem", problems: [(2, problem)]))
        #expect(error.document.errors?.map(\.pointer) == ["/documents/2/spec/a~1b~0/3"])
    }

    @Test func whatIsUnexpectedIsNotTold() {
        struct Secret: Error {}
        let error = APIError(Secret())
        #expect(error.document.status == 500)
        #expect(error.document.detail?.contains("Secret") == false)
        #expect(error.cause is Secret)
    }

    @Test(arguments: [("", "is empty"), (" \t", "is empty"), ("a\nb", "control"), ("fine é", nil)])
    func reasonsAreOneLine(text: String, problem: String?) {
        let found = ReasonRule.problem(with: text)
        #expect((found == nil) == (problem == nil))
        if let problem { #expect(found?.contains(problem) == true) }
    }

    @Test func reasonsAreBounded() {
        #expect(ReasonRule.problem(with: String(repeating: "x", count: 1024)) == nil)
        #expect(ReasonRule.problem(with: String(repeating: "x", count: 1025))?.contains("at most 1024") == true)
    }
}
