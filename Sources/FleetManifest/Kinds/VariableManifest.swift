import Fleet

/// One environment variable, both ways: a text, or an object that names a file of the host.
enum VariableManifest {
    private static let habit =
        "write `NAME: {file: /etc/muster/secrets/NAME}`: a file on each host, read there at each start"

    static let keys = ObjectKeys(
        keys: [
            .required(
                "file",
                "a file on the host that serves; the variable has its text, which never leaves the host",
                .text(.hostFile),
                like: "file: /etc/muster/secrets/database-password"
            )
        ],
        habits: [
            "value": "write the text itself after the variable's name", "valueFrom": habit, "secretKeyRef": habit,
            "secret": habit, "configMapKeyRef": habit, "path": "write 'file'", "from": "write 'file'",
        ]
    )

    static func node(of environment: [String: VariableValue]) -> ManifestNode {
        let sorted = environment.sorted { $0.key < $1.key }
        return ManifestNode(
            .object(
                sorted.map { name, value in
                    let node: ManifestNode =
                        switch value {
                        case .text(let text): .string(text)
                        case .file(let path): .object(["file": .string(path)])
                        }
                    return .init(key: name, value: node)
                }
            )
        )
    }
}
