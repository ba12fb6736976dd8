import Foundation

/// Reads the address of a controller as people type it.
package enum ServerURL {
    /// `https://host:port` of an `https` URL without a path; port 7444 when none is given.
    package static func origin(of text: String) throws(ClientError) -> String {
        guard let parts = URLComponents(string: text), parts.scheme == "https", let host = parts.encodedHost,
            !host.isEmpty, parts.path.isEmpty || parts.path == "/", parts.query == nil, parts.user == nil
        else {
            throw ClientError(
                .configuration,
                "'\(text)' is not the address of a controller",
                hint: "write it like https://muster.example.com:7444"
            )
        }
        return "https://\(host):\(parts.port ?? 7444)"
    }
}
