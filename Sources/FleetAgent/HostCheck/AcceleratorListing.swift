import Fleet

/// The accelerators of a host, as NVIDIA's own program lists them.
struct AcceleratorListing: Sendable, Hashable {
    /// One of them.
    struct Device: Sendable, Hashable {
        /// What it is called.
        var name: String
        /// Bytes of its memory; `nil` where the program does not say, as of parts of a device.
        var memory: Int64?
    }

    /// What asks for the list: a line for each device, its name and its memory in MiB.
    static let arguments = ["--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    /// Where the program is.
    static let places = ["/usr/bin/nvidia-smi", "/usr/local/bin/nvidia-smi", "/opt/bin/nvidia-smi"]

    var devices: [Device]

    /// Reads the program's answer; lines without a device's name are passed over.
    init(answer: String) {
        devices = answer.split(separator: "\n").compactMap { line in
            guard let comma = line.lastIndex(of: ",") else { return nil }
            let name = Self.trimmed(line[..<comma])
            let memory = Int64(Self.trimmed(line[line.index(after: comma)...]))
            guard !name.isEmpty else { return nil }
            return Device(name: name, memory: memory.flatMap { (0..<1 << 40).contains($0) ? $0 << 20 : nil })
        }
    }

    /// For people.
    var text: String {
        devices.map { device in
            device.memory.map { "\(device.name) with \(ByteQuantity(bytes: $0).readable)" } ?? device.name
        }.joined(separator: ", ")
    }

    private static func trimmed(_ text: Substring) -> String {
        let start = text.drop { $0 == " " || $0 == "\t" || $0 == "\r" }
        let end = start.lastIndex { $0 != " " && $0 != "\t" && $0 != "\r" }
        return end.map { String(start[...$0]) } ?? ""
    }
}
