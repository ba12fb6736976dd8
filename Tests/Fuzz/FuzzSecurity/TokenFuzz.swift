import Fleet
import FleetSecurity

/// Reads whatever could be pasted where a token belongs, and checks what the rest relies on: what is taken is written so that it
/// reads as the same, and a token in which one character was changed is refused.
///
/// An input that begins with `=` chooses a sound token's chance, then a place in it and the byte that stands there instead.
/// Run by `Deploy/scripts/fuzz` with libFuzzer and the address sanitizer; `FuzzTests` replay its seeds and findings.
package enum TokenFuzz {
    package static func run(_ input: UnsafeRawBufferPointer) {
        if input.first == UInt8(ascii: "=") { return slip(Array(input.dropFirst())) }
        check(String(decoding: input, as: UTF8.self))
    }

    private static func check(_ text: String) {
        do throws(SecurityError) {
            let token = try EnrolmentToken.parse(text)
            precondition((try? EnrolmentToken.parse(token.text)) == token, "a token is not written back")
            precondition(!token.id.isEmpty && text.contains(token.text), "a token is not what was pasted")
        } catch {
            precondition(error.code == .malformedToken && !error.message.isEmpty, "nothing is said")
        }
        do throws(SecurityError) {
            let token = try OperatorToken.parse(text)
            precondition((try? OperatorToken.parse(token.text)) == token, "a token is not written back")
            precondition((try? EnrolmentToken.parse(text)) == nil, "a token is of two kinds")
        } catch {
            precondition(error.code == .malformedToken && !error.message.isEmpty, "nothing is said")
        }
    }

    private static func slip(_ input: [UInt8]) {
        guard input.count >= 3 else { return }
        var chance = FuzzedChance(seed: UInt64(input[0]))
        let enrolment = EnrolmentToken.generate(authority: Digest(of: input[..<1]), random: &chance)
        let word = OperatorToken.generate(random: &chance)
        precondition((try? EnrolmentToken.parse(enrolment.text)) == enrolment, "a sound token is refused")
        precondition((try? OperatorToken.parse(" \(word.text)\n")) == word, "a sound token is refused")
        for text in [enrolment.text, word.text] {
            var bytes = Array(text.utf8)
            let place = Int(input[1]) % bytes.count
            guard bytes[place] != input[2] else { continue }
            bytes[place] = input[2]
            let slipped = String(decoding: bytes, as: UTF8.self)
            // White space at the ends is not part of the word, and cutting it off leaves another word.
            precondition(
                (try? EnrolmentToken.parse(slipped)) == nil && (try? OperatorToken.parse(slipped)) == nil,
                "a token with a slip is taken"
            )
            check(slipped + String(decoding: input.dropFirst(3), as: UTF8.self))
        }
    }
}
