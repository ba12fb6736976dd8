/// The head of a proxy's answer to CONNECT: a peer's bytes.
struct RPCProxyAnswer: Hashable {
    /// The status, 100 to 999.
    var status: Int
    /// The ways of authentication that it offers, in lower case, each once, at most eight.
    var schemes: [String]

    /// Reads a head that ends with an empty line; nil for what is no HTTP/1 answer.
    init?(head: String) {
        var lines = head.split(separator: "\r\n")[...]
        guard let first = lines.popFirst(), first.hasPrefix("HTTP/1.") else { return nil }
        let words = first.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[1].utf8.count == 3, let status = Int(words[1]), status >= 100 else { return nil }
        self.status = status
        schemes = []
        for line in lines {
            guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == "proxy-authenticate",
                let scheme = line[line.index(after: colon)...].split(separator: " ").first?.prefix(32).lowercased(),
                scheme.allSatisfy({ $0.isASCII && ($0.isLetter || $0 == "-") }), !schemes.contains(scheme),
                schemes.count < 8
            else { continue }
            schemes.append(scheme)
        }
    }

    /// Why there is no tunnel, and what to do.
    static func refusal(_ answer: RPCProxyAnswer?, by proxy: RPCProxy, of target: RPCTarget) -> RPCStatus {
        guard let answer else {
            let why = "\(proxy.name) answered with something that is not HTTP"
            return RPCStatus(.unavailable, "\(why); is it an HTTP proxy?")
        }
        let (name, status) = (target.authority, answer.status)
        switch status {
        // Some say 401 for what is wrong, though that is a server's word.
        case 401 where proxy.authorization != nil, 407:
            let why = "\(proxy.name) lets nobody through to \(name) without a user and a password (\(status))"
            if !answer.schemes.isEmpty, !answer.schemes.contains("basic") {
                let offered = answer.schemes.joined(separator: ", ")
                let next = "Muster can only do basic: ask for an exception for \(name) there"
                return RPCStatus(.permissionDenied, "\(why), and offers only \(offered); \(next)")
            }
            let next =
                proxy.authorization == nil
                ? "write USER:PASSWORD into a file with mode 0600 and give it with --proxy-credentials"
                : "those that were given are not taken: correct the file of --proxy-credentials"
            return RPCStatus(.permissionDenied, "\(why); \(next)")
        case 401, 403, 405:
            let next = "allow CONNECT to \(name) in its settings; many allow it to port 443 only"
            return RPCStatus(.permissionDenied, "\(proxy.name) refuses a tunnel to \(name) (\(status)); \(next)")
        case 404, 500, 502, 503, 504:
            let next = "does the controller run there, and can the proxy reach it and knows its name?"
            return RPCStatus(.unavailable, "\(proxy.name) could not reach \(name) (\(status)); \(next)")
        default:
            let next = "look into its log"
            return RPCStatus(.unavailable, "\(proxy.name) answered \(status) when asked for \(name); \(next)")
        }
    }
}
