import Fleet
import FleetSecurity
import Testing

@Suite struct TokenTests {
    static let authority = Digest(of: Array("an authority".utf8))

    @Test func anEnrolmentTokenReadsBack() throws {
        for _ in 0..<100 {
            let token = EnrolmentToken.generate(authority: Self.authority)
            let read = try EnrolmentToken.parse("  \(token.text)\r\n")
            #expect(read == token)
            #expect(!token.text.contains { $0.isUppercase || $0.isWhitespace })
        }
    }

    @Test func anOperatorTokenReadsBack() throws {
        for _ in 0..<100 {
            let token = OperatorToken.generate()
            #expect(try OperatorToken.parse(token.text) == token)
        }
    }

    @Test func tokensDiffer() {
        let one = EnrolmentToken.generate(authority: Self.authority)
        let other = EnrolmentToken.generate(authority: Self.authority)
        #expect(one.id != other.id)
        #expect(one.secretHash != other.secretHash)
        #expect(!ConstantTime.equal(one.secretHash, other.secretHash))
        #expect(ConstantTime.equal(one.secretHash, one.secretHash))
    }

    /// Whatever single character is replaced, dropped or exchanged with its neighbour, the token is known to be mistyped.
    @Test func everySlipIsSeen() throws {
        let text = Array(EnrolmentToken.generate(authority: Self.authority).text)
        for index in text.indices {
            var replaced = text
            replaced[index] = text[index] == "a" ? "b" : "a"
            var slips = [replaced]
            var dropped = text
            dropped.remove(at: index)
            slips.append(dropped)
            if index > 0, text[index] != text[index - 1] {
                var exchanged = text
                exchanged.swapAt(index, index - 1)
                slips.append(exchanged)
            }
            for slip in slips {
                let error = #expect(throws: SecurityError.self) { try EnrolmentToken.parse(String(slip)) }
                #expect(error?.code == .malformedToken)
            }
        }
    }

    @Test func messagesSayWhatToDoAndKeepTheSecret() throws {
        let token = EnrolmentToken.generate(authority: Self.authority)
        let operatorToken = OperatorToken.generate()
        let last: Character = token.text.last == "a" ? "b" : "a"
        let table: [(String, String)] = [
            ("", "it is empty"),
            (String(token.text.dropLast()) + String(last), "its checksum does not match"),
            (String(token.text.dropLast(20)), "cut off"),
            (operatorToken.text, "it is an operator's token"),
            ("hello", "does not begin with 'muster-host-'"),
            (String(repeating: "a", count: 10_000), "10000 characters long"),
        ]
        let secret = try #require(token.text.split(separator: "-").dropFirst(3).first)
        for (text, why) in table {
            let error = #expect(throws: SecurityError.self) { try EnrolmentToken.parse(text) }
            #expect(error?.message.contains(why) == true, "\(why)")
            #expect(error?.message.contains("`muster host token create`") == true)
            #expect(error?.message.contains(secret) == false)
        }
        let error = #expect(throws: SecurityError.self) { try OperatorToken.parse(token.text) }
        #expect(error?.message.contains("it is a host's enrolment token") == true)
    }
}
