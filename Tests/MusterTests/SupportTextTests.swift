import Testing

@testable import muster

/// What the controller says goes into a support bundle without its secrets.
@Suite struct SupportTextTests {
    @Test(
        arguments: [
            (#"{"environment":{"A":"b"},"x":1}"#, #"{"environment":{"A":"[redacted]"},"x":1}"#),
            (
                #"{"a":[{"environment":{"A":"open sesame"}}],"why":"it said open sesame"}"#,
                #"{"a":[{"environment":{"A":"[redacted]"}}],"why":"it said [redacted]"}"#
            ),
            (
                #"{"command":["serve","--api-key","s3 cr3t","--port","8080","--token=abc"]}"#,
                #"{"command":["serve","--api-key","[redacted]","--port","8080","--token=[redacted]"]}"#
            ),
            (#"{"password":"two words","n":true}"#, #"{"n":true,"password":"[redacted]"}"#),
            (#"{"passwords":["a b","c"]}"#, #"{"passwords":["[redacted]","[redacted]"]}"#),
            (#"{"why":"GET https://bo:pw@host/x"}"#, #"{"why":"GET https://[redacted]@host/x"}"#),
            (#"{"a":"-----BEGIN PRIVATE KEY-----","b":"stays"}"#, #"{"a":"[redacted]","b":"stays"}"#),
        ]
    )
    func secretsGo(document: String, expected: String) throws {
        let text = try SupportText.redacted(document)
        // As one line.
        let plain = text.split(separator: "\n").map { $0.drop { $0 == " " } }.joined()
        #expect(plain.replacing(#"" : "#, with: #"":"#) == expected)
    }
}
