/// Where in a kind's documents each key belongs: what is said to somebody whose indentation slipped.
package struct KeyOutline: Sendable {
    private var places: [String: [String]] = [:]

    /// The outline of a document with these keys.
    package init(of keys: ObjectKeys) {
        add(keys, at: "")
    }

    /// The objects that take a key, those that are nearest to where somebody wrote it, as people write their paths; the root
    /// is "".
    package func parents(of key: String, near path: ManifestPath) -> [String] {
        let here = path.steps.compactMap { step in if case .key(let key) = step { key } else { nil } }
        let ranked = (places[key] ?? []).map { place in
            let steps = place.split(separator: ".").map { String($0.hasSuffix("[]") ? $0.dropLast(2) : $0) }
            let shared = zip(here, steps).prefix { $0 == $1 }.count
            return (place: place, distance: here.count + steps.count - 2 * shared)
        }
        let nearest = ranked.map(\.distance).min()
        return ranked.filter { $0.distance == nearest }.map(\.place)
    }

    private mutating func add(_ keys: ObjectKeys, at path: String) {
        for key in keys.keys {
            places[key.name, default: []].append(path)
            add(key.value, at: path.isEmpty ? key.name : "\(path).\(key.name)")
        }
    }

    private mutating func add(_ shape: ValueShape, at path: String) {
        switch shape {
        case .object(let keys): add(keys, at: path)
        case .list(let element, _, _): add(element, at: "\(path)[]")
        case .oneOf(let shapes): for shape in shapes { add(shape, at: path) }
        case .text, .words, .integer, .boolean, .decimal, .span, .amount, .memory, .processors, .texts, .integers,
            .variables, .days,
            .anyObject, .anything:
            break
        }
    }
}
