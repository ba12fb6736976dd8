import Fleet
import FleetManifest

/// Finds the place in a file that a server's JSON Pointer is about.
enum PointerPlace {
    /// `file:line:column: path: what`, what to do and what the key is for, as for a mistake found here.
    static func lines(_ detail: ProblemDocument.Detail, documents: [ManifestDocument]) -> [String] {
        problem(detail, documents: documents).lines
    }

    /// A server's detail as a mistake found here.
    static func problem(_ detail: ProblemDocument.Detail, documents: [ManifestDocument]) -> ManifestProblem {
        let steps = steps(of: detail.pointer)
        guard steps.count >= 2, steps[0] == "documents", let index = Int(steps[1]), documents.indices.contains(index)
        else {
            let place = detail.pointer.isEmpty ? "" : "\(detail.pointer): "
            return ManifestProblem(place + detail.detail, hint: detail.hint, purpose: detail.purpose)
        }
        let (path, place) = find(Array(steps.dropFirst(2)), in: documents[index].node)
        return ManifestProblem(detail.detail, path: path, place: place, hint: detail.hint, purpose: detail.purpose)
    }

    /// The unescaped steps of a pointer (RFC 6901).
    static func steps(of pointer: String) -> [String] {
        pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
    }

    /// The path in words, and the nearest place that is known on it.
    private static func find(_ steps: [String], in root: ManifestNode) -> (ManifestPath, SourcePlace?) {
        var node: ManifestNode? = root
        var place = root.place
        var path = ManifestPath()
        for step in steps {
            switch node?.value {
            case .array(let elements)?:
                guard let index = Int(step), elements.indices.contains(index) else { fallthrough }
                path = path.appending(index)
                node = elements[index]
            default:
                path = path.appending(step)
                node = node?[step]
            }
            place = node?.place ?? place
        }
        return (path, place)
    }
}
