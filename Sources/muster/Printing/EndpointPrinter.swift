import Fleet

/// Prints endpoints: for people, for HAProxy, for Prometheus.
enum EndpointPrinter {
    /// For people.
    static func table(_ services: [EndpointService], style: TextStyle, now: Instant) -> String {
        let lines = services.flatMap(\.endpoints)
        guard !lines.isEmpty else { return "no deployment has an endpoint there" }
        let rows = lines.map { line -> [TextTable.Cell] in
            let tone: TextStyle.Tone = line.status == .serving ? line.connected ? .good : .busy : .bad
            return [
                .init(line.deployment), .init(line.host), .init(line.target ?? "not said yet"),
                .init(line.status.rawValue, tone),
                .init(line.serving.map { "\($0.model) \($0.version)" } ?? ""),
                .init(line.remarks(now: now)),
            ]
        }
        let titles = ["DEPLOYMENT", "HOST", "ENDPOINT", "STATUS", "SERVES", "REMARKS"]
        return TextTable(titles: titles, rows: rows).text(style: style)
    }

    /// A backend of each deployment, for HAProxy 2.2 and later.
    ///
    /// Whoever is selected is listed, also when nothing answers there now: the check takes it out and in again, and the
    /// controller's view of a host may be older than the host's own.
    ///
    /// - Parameter readyPort: where hosts say that an endpoint is about to close; HAProxy asks nobody when `nil`.
    static func haproxy(_ services: [EndpointService], readyPort: UInt16? = nil, now: Instant) -> String {
        var lines = ["# The endpoints of Muster's deployments, as of \(now). The check is what Muster itself asks."]
        for service in services {
            lines += ["", "backend \(service.deployment)", "    mode http", "    balance leastconn"]
            if let check = service.check {
                lines += [
                    "    option httpchk", "    http-check send meth GET uri \(quoted(check))",
                    "    http-check expect status 200",
                ]
            }
            // Who refuses, or closes without a word, has answered nobody: another server is asked, at once.
            // Who does not answer at the ready port changes nothing: that is HAProxy's own rule.
            let ready = readyPort.map { port in
                " agent-check agent-port \(port) agent-inter 2s agent-send \"\(service.deployment)\\n\""
            }
            lines += [
                "    option redispatch 1", "    retries 3", "    retry-on conn-failure empty-response",
                "    default-server check inter 2s fall 2 rise 2\(ready ?? "")",
            ]
            for line in service.endpoints {
                guard let target = line.target else {
                    lines.append("    # \(line.host) has not said its address yet")
                    continue
                }
                let weight = line.status == .leaving ? " weight 0" : ""
                let what = line.serving.map { "\($0.model) \($0.version)" } ?? ""
                let comment = [what, line.remarks(now: now)].filter { !$0.isEmpty }.joined(separator: "; ")
                let tail = comment.isEmpty ? "" : "  # \(plain(comment))"
                lines.append("    server \(line.host) \(target)\(weight)\(tail)")
            }
        }
        return lines.joined(separator: "\n")
    }

    /// One group of targets (https://prometheus.io/docs/prometheus/latest/http_sd/).
    struct TargetGroup: Hashable, Sendable, Encodable {
        var targets: [String]
        var labels: [String: String]
    }

    /// Every endpoint as a target. What changes with a rollout is for relabelling alone: as a label it would make new
    /// series of old ones.
    static func targets(_ services: [EndpointService]) -> [TargetGroup] {
        services.flatMap { service in
            service.endpoints.compactMap { line in
                guard let target = line.target else { return nil }
                var labels = ["deployment": line.deployment, "host": line.host]
                var extra = ["status": line.status.rawValue, "connected": line.connected ? "true" : "false"]
                extra["model"] = line.serving?.model
                extra["version"] = line.serving?.version
                extra["revision"] = line.serving.map { "\($0.number)" }
                extra["check_path"] = service.check
                extra["metrics_path"] = service.metrics
                for (name, value) in extra { labels["__meta_muster_\(name)"] = value }
                for (name, value) in line.labels {
                    let plain = name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
                    labels["__meta_muster_label_\(String(plain))"] = value
                }
                return TargetGroup(targets: [target], labels: labels)
            }
        }
    }

    /// On one line, which HAProxy bounds: what a host says must not become a line of its own.
    private static func plain(_ text: String) -> String {
        let line = String(text.map { $0.unicodeScalars.contains { $0.value < 0x20 } ? " " : $0 })
        return line.count > 300 ? line.prefix(300) + "…" : line
    }

    /// A word as HAProxy reads it: what it would read otherwise behind backslashes.
    private static func quoted(_ word: String) -> String {
        String(word.flatMap { "\\ #\"'$".contains($0) ? ["\\", $0] : [$0] })
    }
}
