import ArgumentParser
import Fleet
import FleetClient
import Foundation

/// `muster login`.
struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Say which controller to speak to, and as whom.",
        discussion: """
            The controller writes a credentials file for its first operator: address, token, and the digest of its \
            authority, which is pinned. Without the file, give --token and --authority. The login is kept in \
            $MUSTER_CONFIG (default ~/.config/muster), readable by you alone, and is the current one from then on; with \
            --context NAME beside others (see 'muster context').
            """
    )

    @Argument(help: "The controller's address, like https://muster.example.com:7444.") var url: String?
    @Option(help: ArgumentHelp("The credentials file that the controller wrote.", valueName: "file"))
    var credentials: String?
    @Option(help: "A bearer token; - reads it from standard input.") var token: String?
    @Option(help: ArgumentHelp("The authority's digest, as the controller prints it.", valueName: "sha256:…"))
    var authority: String?

    func validate() throws {
        guard (credentials == nil) != (token == nil) else {
            throw ValidationError("give either --credentials FILE, or --token with --authority.")
        }
        if token != nil {
            guard let authority, Digest(authority) != nil else {
                throw ValidationError("--token needs --authority sha256:…, so that the right controller is trusted.")
            }
            guard url != nil else { throw ValidationError("--token needs the controller's address.") }
        }
    }

    func run() async throws {
        let wanted = try read()
        let origin = try ServerURL.origin(of: wanted.url)
        let pem = try await AuthorityPin.fetch(url: origin, pin: wanted.authority)
        let profile = OperatorProfile(
            url: origin,
            token: wanted.token,
            authority: wanted.authority,
            authorityPEM: pem
        )
        let client = try OperatorClient(profile: profile)
        let identity: WhoAmIView
        do {
            identity = try await client.whoAmI()
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
        let context = try ProfileStore().save(profile)
        let place = context == ProfileStore.usual ? "" : ", as context '\(context)'"
        Terminal.current.say(
            "logged in to \(origin) (muster \(identity.version)) as \(identity.name), \(identity.role)\(place)"
        )
        Terminal.current.say("\nNext: muster get hosts")
    }

    private func read() throws -> OperatorCredentials {
        if let credentials {
            var read = try Self.credentials(at: credentials)
            if let warning = Self.warning(about: credentials) { Terminal.current.complain(warning) }
            if let url { read.url = url }
            return read
        }
        let word = token == "-" ? readLine() : token
        guard let url, let word, let digest = authority.flatMap({ Digest($0) }) else {
            throw ValidationError("give either --credentials FILE, or --token with --authority.")
        }
        return OperatorCredentials(url: url, token: word.trimmingCharacters(in: .whitespaces), authority: digest)
    }

    /// What is wrong with the permissions of a credentials file, in one line: the token in it is a secret.
    static func warning(about path: String) -> String? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard let mode = attributes?[.posixPermissions] as? NSNumber, mode.intValue & 0o077 != 0 else { return nil }
        return "warning: others may read the token in \(path): chmod 600 \(path)"
    }

    /// Reads a credentials file.
    static func credentials(at path: String) throws -> OperatorCredentials {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(
                .localFile,
                "cannot read the credentials file \(path)",
                hint: "check its name and that you may read it"
            )
        }
        guard let credentials = try? JSONDecoder().decode(OperatorCredentials.self, from: data) else {
            throw CommandFailure(
                .localFile,
                "\(path) is not a credentials file",
                hint: "it holds JSON: {\"url\": …, \"token\": …, \"authority\": \"sha256:…\"}; the controller writes it"
            )
        }
        return credentials
    }
}
