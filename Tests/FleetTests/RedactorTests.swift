import Testing

@testable import Fleet

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
            (#"["--api-key","s3cr3t","--port"]"#, #"["--api-key","[redacted]","--port"]"#),
            (#"['--api-key', 's3 cr3t', 'x']"#, #"['--api-key', '[redacted]', 'x']"#),
            (#"{"a":"[\"--api-key\",\"s3cr3t\"]"}"#, #"{"a":"[\"--api-key\",\"[redacted]\"]"}"#),
            (#"{"password":"two words","port":1}"#, #"{"password":"[redacted]","port":1}"#),
            (#"{"password":"a\"b c","port":1}"#, #"{"password":"[redacted]","port":1}"#),
            (#"{"t":"{\"password\": \"two words\"}"}"#, #"{"t":"{\"password\": \"[redacted]\"}"}"#),
            (#"["API_KEY=two words","x"]"#, #"["API_KEY=[redacted]","x"]"#),
            (#"{"secret":["a b","c"],"x":1}"#, #"{"secret":[[redacted]],"x":1}"#),
            ("password='never closed", "password='[redacted]"),
            ("Authorization: Token 9944b0 x", "Authorization: Token [redacted]"),
            ("authorization: 9944b0 x", "authorization: [redacted]"),
            ("Cookie: a=b; sessionid=x", "Cookie: [redacted]"),
            ("curl -H 'Cookie: a=b; sessionid=x' http://h", "curl -H 'Cookie: [redacted]' http://h"),
            (#"{"m":"sent Cookie: a=b; c=d","x":1}"#, #"{"m":"sent Cookie: [redacted]","x":1}"#),
            ("{'Cookie': 'a=b; c=d', 'x': 1}", "{'Cookie': '[redacted]', 'x': 1}"),
            ("key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY.", "key [redacted]."),
            ("k=q83v+EkRVniavN3w/BIjRFVmd4iZqrvM3e7/ABEiM0Q= x", "k=[redacted] x"),
            ("k=MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIB/x+y== x", "k=[redacted] x"),
            ("DB_PASS=abc PASSPHRASE: abc", "DB_PASS=[redacted] PASSPHRASE: [redacted]"),
            ("ENCRYPTION_KEY=abc encryptionKey: abc", "ENCRYPTION_KEY=[redacted] encryptionKey: [redacted]"),
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
            "-----BEGIN CERTIFICATE-----", "a@b:c", "", #"{"password":"","user":"bo"}"#, "tests passed: 5",
            "/var/lib/muster/models/Wine2/9f86d081884c7d659a2feaa0c55ad015/Config/Version3",
            #"["--port","8080"]"#, "done",
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

    @Test func keysWithSlashesGo() {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var state: UInt64 = 7
        for _ in 0..<200 {
            var key = "aB3/"
            for _ in 0..<36 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                key.append(letters[Int(state >> 33) % letters.count])
            }
            #expect(Self.text("key \(key) x") == ["key [redacted] x"])
        }
    }

    @Test func theEndOfAKeyWhoseBeginningWasNotSeenGoes() {
        let line = String(repeating: "aB3/", count: 16)
        let end = "-----END PRIVATE KEY-----"
        #expect(
            Self.text("x", line, "  \(line)\r", "Q2hhbg==", end, "done")
                == ["x", "[redacted]", "[redacted]", "[redacted]", end, "done"]
        )
    }

    @Test(
        arguments: [("password", "[redacted]"), ("--api-key", "[redacted]"), ("port", "a b"), (nil, "a b")]
            as [(String?, String)]
    )
    func aNamedTextGoesByItsName(name: String?, expected: String) {
        let redactor = Redactor(environments: [])
        #expect(redactor.text("a b", named: name) == expected)
        #expect(redactor.text("-----BEGIN PRIVATE KEY-----", named: "port") == "[redacted]")
        #expect(redactor.text("b", named: "port") == "b", "texts do not touch each other")
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
