import Fleet
import FleetManifest

extension ModelView: PrintedView {
    static var columns: (table: [String], wide: [String]) {
        (["NAME", "OWNER", "RISK", "VERSIONS"], ["PURPOSE", "LABELS"])
    }
    static var type: ObjectType { .model }
    var printedName: String { model.name }
    var manifest: Manifest? { .model(model) }

    func cells(now: Instant) -> [TextTable.Cell] {
        [
            .init(model.name), .init(model.owner ?? ""), .init(model.riskTier ?? ""),
            .init(versions.joined(separator: ",")), .init(model.purpose ?? ""), .init(Measure.labels(model.labels)),
        ]
    }

    func description(style: TextStyle, now: Instant) -> String {
        var text = DescriptionText()
        text.add("Name", model.name)
        text.add("Labels", Measure.labels(model.labels))
        text.add("Owner", model.owner)
        text.add("Risk tier", model.riskTier)
        text.add("Purpose", model.purpose)
        text.add("Versions", versions.isEmpty ? "none" : versions.joined(separator: ", "))
        return text.text(style: style)
    }
}

extension ModelVersionView: PrintedView {
    static var columns: (table: [String], wide: [String]) {
        (["NAME", "MODEL", "VERSION", "FORMAT", "SIZE", "PROBE", "AGE"], ["FILES", "BUNDLE", "LABELS"])
    }
    static var type: ObjectType { .modelversion }
    var printedName: String { modelVersion.name }
    var manifest: Manifest? { .modelVersion(modelVersion) }

    func cells(now: Instant) -> [TextTable.Cell] {
        [
            .init(modelVersion.name), .init(modelVersion.model), .init(modelVersion.version),
            .init(modelVersion.format), .init(Measure.bytes(bytes)),
            modelVersion.probe == nil ? .init("no", .busy) : .init("yes"),
            .init(Measure.age(of: createdAt, now: now)), .init("\(files)"),
            .init(modelVersion.bundle?.description ?? ""), .init(Measure.labels(modelVersion.labels)),
        ]
    }

    func description(style: TextStyle, now: Instant) -> String {
        var text = DescriptionText()
        text.add("Name", modelVersion.name)
        text.add("Labels", Measure.labels(modelVersion.labels))
        text.add("Model", modelVersion.model)
        text.add("Version", modelVersion.version)
        text.add("Format", modelVersion.format)
        text.add("Bundle", modelVersion.bundle?.description)
        text.add("Holds", "\(files) \(files == 1 ? "file" : "files"), \(Measure.bytes(bytes))")
        text.add("Pushed", Measure.point(createdAt, now: now))
        if let probe = modelVersion.probe {
            text.add("Probe", "POST \(probe.path) on port \(probe.port)")
            text.add("Tolerance", "\(probe.absolute) absolute, \(probe.relative) relative")
        } else {
            text.add("Probe", "none: nothing proves that the right model is loaded", .busy)
        }
        return text.text(style: style)
    }
}

extension RuntimeView: PrintedView {
    static var columns: (table: [String], wide: [String]) {
        (["NAME", "DRIVER", "UPDATE", "PORTS"], ["COMMAND", "LABELS"])
    }
    static var type: ObjectType { .runtime }
    var printedName: String { runtime.name }
    var manifest: Manifest? { .runtime(runtime) }

    func cells(now: Instant) -> [TextTable.Cell] {
        [
            .init(runtime.name), .init(runtime.driver.rawValue), .init(runtime.update.rawValue),
            .init(runtime.ports.joined(separator: ",")), .init(runtime.command.joined(separator: " ")),
            .init(Measure.labels(runtime.labels)),
        ]
    }

    func description(style: TextStyle, now: Instant) -> String {
        var text = DescriptionText()
        text.add("Name", runtime.name)
        text.add("Labels", Measure.labels(runtime.labels))
        text.add("Driver", runtime.driver.rawValue)
        text.add("Requires", runtime.requires.map { $0.map(\.description).joined(separator: ", ") })
        text.add("Bundle", runtime.bundle?.digest?.description)
        text.add("Install", runtime.bundle.map(Self.install))
        text.add("Command", runtime.command.joined(separator: " "))
        text.add("Ports", runtime.ports.joined(separator: ", "))
        text.add("Update", runtime.update.rawValue)
        text.add("Live", runtime.live.map { "GET \($0.path) on port \($0.port)" })
        text.add("Ready", "GET \(runtime.ready.path) on port \(runtime.ready.port)")
        text.add("Metrics", runtime.metrics.map { "GET \($0.path) on port \($0.port)" })
        let stop = runtime.stop
        text.add("Stop", "drain \(stop.drain), SIG\(stop.signal), SIGKILL after \(stop.grace)")
        let variables = runtime.environment.sorted { $0.key < $1.key }.map { "  \($0.key)=\($0.value)" }
        text.add(section: "Environment", variables.joined(separator: "\n"))
        text.add(section: "Figures", Self.figures(runtime.metrics?.names).joined(separator: "\n"))
        return text.text(style: style)
    }

    private static func install(_ bundle: RuntimeBundle) -> String {
        switch bundle.install {
        case .directory: "as it is"
        case .wheels: "wheels, an environment made by \(bundle.interpreter)"
        }
    }

    private static func figures(_ names: MetricNames?) -> [String] {
        let duration = names?.duration
        let lists = [
            ("requests", names?.requests), ("errors", names?.errors), ("duration sum", duration?.sum),
            ("duration count", duration?.count), ("in flight", names?.inFlight),
        ]
        return lists.compactMap { figure, series in
            guard let series, !series.isEmpty else { return nil }
            let unit = figure == "duration sum" ? duration.map { ", in \($0.unit.rawValue)" } : nil
            return "  \(figure): \(series.map(\.description).joined(separator: " + "))\(unit ?? "")"
        }
    }
}
