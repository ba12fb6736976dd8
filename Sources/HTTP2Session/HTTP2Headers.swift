/// A header list, kept as one run of bytes: each field is the two lengths, the name and the value.
///
/// Names are lower case. A name or a value is at most 65,535 bytes long.
package struct HTTP2Headers: Sendable, Hashable {
    private var bytes: [UInt8]
    /// The number of fields.
    package private(set) var count = 0

    package init() {
        bytes = []
    }

    /// A list that `HTTP2HeaderScratch` has put together.
    init(encoded: UnsafeRawBufferPointer, count: Int) {
        bytes = Array(encoded)
        self.count = count
    }

    /// A list in the order given, pseudo-header fields first.
    package init(_ fields: [(name: String, value: String)]) {
        bytes = []
        bytes.reserveCapacity(fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 })
        for field in fields { add(field.name, field.value) }
    }

    package var isEmpty: Bool { bytes.isEmpty }

    /// Appends a field. A part longer than 65,535 bytes is cut there: no peer takes it.
    package mutating func add(_ name: String, _ value: String) {
        var name = name
        var value = value
        name.withUTF8 { name in
            value.withUTF8 { add(name: UnsafeRawBufferPointer(name), value: UnsafeRawBufferPointer($0)) }
        }
    }

    /// Appends a field by its bytes.
    package mutating func add(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        let nameLength = min(name.count, Int(UInt16.max))
        let valueLength = min(value.count, Int(UInt16.max))
        bytes.reserveCapacity(bytes.count + nameLength + valueLength + 4)
        bytes.append(UInt8(nameLength >> 8))
        bytes.append(UInt8(nameLength & 0xff))
        bytes.append(UInt8(valueLength >> 8))
        bytes.append(UInt8(valueLength & 0xff))
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: name.prefix(nameLength)))
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: value.prefix(valueLength)))
        count += 1
    }

    /// Calls `body` with each field's bytes, in order; they are valid during the call only.
    package func forEach(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
        bytes.withUnsafeBytes { all in
            var offset = 0
            while offset < all.count {
                let nameLength = Int(all[offset]) << 8 | Int(all[offset + 1])
                let valueLength = Int(all[offset + 2]) << 8 | Int(all[offset + 3])
                let name = offset + 4
                let value = name + nameLength
                offset = value + valueLength
                body(
                    UnsafeRawBufferPointer(rebasing: all[name..<value]),
                    UnsafeRawBufferPointer(rebasing: all[value..<offset])
                )
            }
        }
    }

    /// The first value of a name, or nil. Bytes that are not UTF-8 are repaired.
    package subscript(name: String) -> String? {
        var found: String?
        var name = name
        name.withUTF8 { wanted in
            forEach { field, value in
                guard found == nil, field.elementsEqual(wanted) else { return }
                found = String(decoding: value, as: UTF8.self)
            }
        }
        return found
    }

    /// Every field as text.
    package var fields: [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        forEach { fields.append((String(decoding: $0, as: UTF8.self), String(decoding: $1, as: UTF8.self))) }
        return fields
    }
}
