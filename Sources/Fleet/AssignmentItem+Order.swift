/// The written form: one member with the order's name. `turn` is younger than the first journals: an order without it
/// means `go`.
extension AssignmentItem.Order {
    private enum Key: String, CodingKey {
        case converge, stage, rollback, remove
    }

    private enum RollbackKey: String, CodingKey {
        case id, turn
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        guard let key = container.allKeys.first, container.allKeys.count == 1 else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "no order of an item")
            )
        }
        switch key {
        case .converge: self = .converge
        case .stage: self = .stage
        case .remove: self = .remove
        case .rollback:
            let nested = try container.nestedContainer(keyedBy: RollbackKey.self, forKey: .rollback)
            self = .rollback(
                id: try nested.decode(String.self, forKey: .id),
                turn: try nested.decodeIfPresent(AssignmentItem.Turn.self, forKey: .turn) ?? .go
            )
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .converge: _ = container.nestedContainer(keyedBy: RollbackKey.self, forKey: .converge)
        case .stage: _ = container.nestedContainer(keyedBy: RollbackKey.self, forKey: .stage)
        case .remove: _ = container.nestedContainer(keyedBy: RollbackKey.self, forKey: .remove)
        case .rollback(let id, let turn):
            var nested = container.nestedContainer(keyedBy: RollbackKey.self, forKey: .rollback)
            try nested.encode(id, forKey: .id)
            try nested.encode(turn, forKey: .turn)
        }
    }
}
