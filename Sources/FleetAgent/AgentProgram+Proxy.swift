import DaemonKit
import FleetSecurity
import FoundationEssentials

/// Through which proxy the controller is dialled.
extension AgentProgram {
    static let proxyOptions = [
        CommandLineOption(
            "proxy",
            value: "URL",
            help: "An HTTP proxy to the controller, http://HOST:PORT or https://, or none. It is written down, and at "
                + "enrolment HTTPS_PROXY counts likewise."
        ),
        CommandLineOption(
            "proxy-credentials",
            value: "FILE",
            help: "A file (0600) with USER:PASSWORD for the proxy; read at each dial."
        ),
    ]

    /// What was asked for, else what was written down before, else what the environment says.
    ///
    /// - Parameters:
    ///   - written: what was written down before.
    ///   - controller: the controller's host: `NO_PROXY` may name it.
    ///   - directory: the data directory: a password in a URL goes into a file there.
    ///   - environment: what enrolment heeds; empty afterwards, where it may be meant for others.
    static func proxy(
        _ parsed: ParsedCommandLine,
        written: ProxySetting?,
        controller: String,
        directory: String,
        environment: [String: String]
    ) throws -> ProxySetting? {
        let file = parsed.string("proxy-credentials").map { path in
            path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        }
        guard let given = parsed.string("proxy") ?? ambient(environment, controller: controller) else {
            guard let file else { return written }
            guard var setting = written, setting != .none else {
                throw parsed.refusal("proxy-credentials", file, "there is no proxy; give one with --proxy URL")
            }
            setting.credentials = file
            return setting
        }
        guard given != ProxySetting.none.url else { return ProxySetting.none }
        guard let address = ProxyAddress(given) else {
            // It may hold a password.
            let advice = "write http://HOST:PORT, https://HOST:PORT or none (HTTPS_PROXY likewise)"
            throw parsed.refusal("proxy", "…", advice)
        }
        var setting = ProxySetting(url: address.url, credentials: file)
        if file == nil, let credentials = address.credentials {
            let path = "\(directory)/proxy-credentials"
            try FileAccess.makeDirectory(directory)
            try SecretFile.write(credentials + "\n", to: path)
            setting.credentials = path
        } else if file == nil, written?.url == setting.url {
            setting.credentials = written?.credentials
        }
        return setting
    }

    private static func ambient(_ environment: [String: String], controller: String) -> String? {
        let exempt = environment["NO_PROXY"] ?? environment["no_proxy"] ?? ""
        guard !NoProxy.exempts(controller, by: exempt) else { return nil }
        return [environment["HTTPS_PROXY"], environment["https_proxy"]].compactMap { $0 }.first { !$0.isEmpty }
    }
}
