import Fleet

/// What stands on disk.
struct BlobInventory {
    private(set) var bundles: [BlobCollection.Bundle] = []
    private(set) var blobs: [Digest: Int64] = [:]
    private(set) var partials: [Digest: Int64] = [:]
    /// The names of the environments that were made of bundles.
    private(set) var installations: [Digest: [String]] = [:]
    /// Directories that were half made or half gone when the agent stopped, by the bundle that they were for, if any.
    private(set) var strays: [(path: String, bundle: Digest?)] = []

    /// Looks.
    ///
    /// - Throws: `files` when a directory cannot be read.
    init(_ files: AgentFiles, on disk: any AgentDisk, keep: BundleKeep, uses: BundleUses) throws(AgentError) {
        blobs = try Self.sizes(in: files.blobs, on: disk)
        partials = try Self.sizes(in: files.partialBlobs, on: disk)
        var directories = Set<Digest>()
        for name in try Self.names(in: files.models, on: disk) {
            if let digest = Digest(hex: name) {
                directories.insert(digest)
            } else {
                strays.append(("\(files.models)/\(name)", Digest(hex: name.prefix(64))))
            }
        }
        var installed: [Digest: Int64] = [:]
        for name in try Self.names(in: files.runtimes, on: disk) {
            let path = "\(files.runtimes)/\(name)"
            let bundle = Digest(hex: name.prefix(64))
            if let bundle, let record = RuntimeInstallation(in: path, on: disk) {
                installations[bundle, default: []].append(name)
                installed[bundle, default: 0] += record.bytes
            } else {
                strays.append((path, bundle))
            }
        }
        for digest in directories.union(installed.keys).union(keep.mayStay.filter { blobs[$0] != nil }) {
            let list = Self.list(of: digest, files, on: disk)
            let copies = list?.files.filter { !$0.sharesBlob || blobs[$0.digest] == nil }.reduce(0) { $0 + $1.size }
            bundles.append(
                BlobCollection.Bundle(
                    digest: digest,
                    blobs: list.map { Set($0.files.map(\.digest) + [digest]) },
                    bytes: (directories.contains(digest) ? copies ?? 0 : 0) + (installed[digest] ?? 0),
                    lastUse: uses[digest]
                )
            )
        }
    }

    private static func list(of bundle: Digest, _ files: AgentFiles, on disk: any AgentDisk) -> BundleList? {
        guard let bytes = try? disk.read("\(files.blobs)/\(bundle.hex)"), Digest(of: bytes) == bundle else {
            return nil
        }
        return try? BundleList(bytes: bytes)
    }

    private static func sizes(in directory: String, on disk: any AgentDisk) throws(AgentError) -> [Digest: Int64] {
        var sizes: [Digest: Int64] = [:]
        for name in try names(in: directory, on: disk) {
            guard let digest = Digest(hex: name), let size = try? disk.size(of: "\(directory)/\(name)") else {
                continue
            }
            sizes[digest] = size
        }
        return sizes
    }

    private static func names(in directory: String, on disk: any AgentDisk) throws(AgentError) -> [String] {
        do {
            return try disk.names(in: directory)
        } catch {
            throw error.error("read", directory)
        }
    }
}
