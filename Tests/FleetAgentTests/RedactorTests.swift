import Fleet
import Testing

@testable import FleetAgent

/// What is a secret goes, what is none stays.
@Suite struct RedactorTests {
    private static func text(_ lines: String..., environment: [String: String] = [:]) -> [String] {
        var redactor = Redactor(environments: [environment])
        return lines.map { String(decoding: redactor.line(Array($0.utf8)), as: UTF8.self) }
    }

    @Test(
        arguments: [
            ("token muster-host-ab12-cd34-ef56-gh78 used", "token [redacted] used"),
            ("login with muster-op-0123456789-abc", "login with [redacted]"),
            ("password=hunter2 user=bo", "password=[redacted] user=bo"),
            ("DB_PASSWORD: 'hunter2', x", "DB_PASSWORD: '[redacted]', x"),
            (#"{"api_key":"abc","port":8080}"#, #"{"api_key":"[redacted]","port":8080}"#),
            ("Authorization: Bearer abc.def-1", "Authorization: Bearer [redacted]"),
            ("sent 'bearer abc' on", "sent 'bearer [redacted]' on"),
            ("--token abc --port 1", "--token [redacted] --port 1"),
            ("postgres://bo:hunter2@db:5432/x", "postgres://[redacted]@db:5432/x"),
            ("key hf_abcdefghijklmnop", "key [redacted]"),
            ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "jwt [redacted]"),
            ("aws AKIAIOSFODNN7EXAMPLE x", "aws [redacted] x"),
            ("MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg1a2b", "[redacted]"),
        ]
    )
    func secretsGo(line: String, expected: String) {
        #expect(Self.text(line) == [expected])
    }

    @Test(
        arguments: [
            "2026-11-22 02:55:00,123 [mlserver] INFO - Loaded model 'wine' successfully.",
            "GET https://controller:7444/v1/authority?x=1 200", "the token is not one that this controller knows",
            "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "tokens per second 12, secrets none",
            "-----BEGIN CERTIFICATE-----", "a@b:c", "",
        ]
    )
    func whatIsNoSecretStays(line: String) {
        #expect(Self.text(line) == [line])
    }

    @Test func valuesOfVariablesGoWhereverTheyStand() {
        let environment = [
            "GREETING": "open \"sesame\"", "SHORT": "on", "PATH": "/usr/bin:/bin", "MULTI": "line-one\nline-two",
        ]
        #expect(
            Self.text(
                #"says open "sesame" twice: open "sesame""#,
                #"{"text":"open \"sesame\""}"#,
                "it is on in /usr/bin:/bin",
                "xline-twox",
                environment: environment
            ) == [
                "says [redacted] twice: [redacted]", #"{"text":"[redacted]"}"#, "it is on in /usr/bin:/bin",
                "x[redacted]x",
            ]
        )
    }

    @Test func privateKeysGoOverLines() {
        #expect(
            Self.text(
                "a -----BEGIN PRIVATE KEY-----",
                "abc",
                "def-----END PRIVATE KEY----- b",
                "c",
                #"one "-----BEGIN EC PRIVATE KEY-----\nabc\n-----END EC PRIVATE KEY-----\n" line"#
            ) == [
                "a [redacted]", "[redacted]", "[redacted]PRIVATE KEY----- b", "c",
                #"one "[redacted]EC PRIVATE KEY-----\n" line"#,
            ]
        )
        let long = String(repeating: "x", count: Redactor.longestLine + 1)
        #expect(Self.text(long) == ["[a line of \(long.utf8.count) bytes is left out]"])
    }
}
