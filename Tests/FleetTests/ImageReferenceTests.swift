import Fleet
import Testing

/// Which texts name an image that is the same for ever.
@Suite struct ImageReferenceTests {
    private static let digest = "sha256:\(String(repeating: "0a", count: 32))"

    @Test(arguments: [
        "registry.example.com/mlserver", "localhost:5000/team/wine_x", "localhost/wine", "10.0.0.1:443/a/b-c/d.e",
        "host:80/a",
    ])
    func anImageByItsDigestIsTaken(name: String) {
        let reference = ImageReference("\(name)@\(Self.digest)")
        #expect(reference?.repository == name)
    }

    @Test(
        arguments: [
            ("mlserver:1.7", "names the image by the tag '1.7'"),
            ("registry.example.com/a:1", "names the image by the tag '1'"),
            ("registry.example.com/a:1@D", "has the tag '1' beside the digest"),
            ("mlserver@D", "does not begin with its registry"),
            ("library/mlserver@D", "does not begin with its registry"),
            ("registry.example.com/a", "does not end with '@sha256:'"),
            ("registry.example.com/a@D1", "does not end with '@sha256:'"),
            ("registry.example.com/A@D", "has a part that"),
            ("registry.example.com//a@D", "has a part that"),
            ("registry.example.com/a@D@D", "does not end with '@sha256:'"),
            ("", "does not begin with its registry"), ("host:99999/a@D", "does not begin with its registry"),
            ("registry.example.com/a?x=1@D", "has a part that"),
        ]
    )
    func anythingElseIsRefused(text: String, start: String) {
        let problem = ImageReference.problem(with: text.replacing("D", with: Self.digest))
        #expect(problem?.hasPrefix(start) == true, "\(problem ?? "taken")")
    }
}
