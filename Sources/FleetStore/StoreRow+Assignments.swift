import Fleet
import StoreDriver

extension StoreRow {
    /// The columns `asked` and `hold`.
    func order() throws -> AssignmentItem.Order {
        let word = try text("asked")
        switch word {
        case "converge": return .converge
        case "stage": return .stage
        case "remove": return .remove
        case "rollback": return .rollback(id: try text("hold"), turn: .go)
        case "wait": return .rollback(id: try text("hold"), turn: .wait)
        default: throw corrupt("asked", word, "it is no order")
        }
    }
}

extension AssignmentItem.Order {
    /// The columns `asked` and `hold`.
    var columns: [StoreValue] {
        switch self {
        case .converge: ["converge", .null]
        case .stage: ["stage", .null]
        case .remove: ["remove", .null]
        case .rollback(let id, .go): ["rollback", .text(id)]
        case .rollback(let id, .wait): ["wait", .text(id)]
        }
    }
}
