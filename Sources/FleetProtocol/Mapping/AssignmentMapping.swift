package import Fleet
import SwiftProtobuf

extension WireAssignmentVersion {
    package init(_ version: AssignmentVersion) {
        self.init()
        epoch = version.epoch
        generation = version.generation
    }

    package var version: AssignmentVersion { AssignmentVersion(epoch: epoch, generation: generation) }
}

extension WireAssignment {
    package init(_ assignment: Assignment) {
        self.init()
        version = WireAssignmentVersion(assignment.version)
        items = assignment.items.map { WireAssignmentItem($0) }
    }

    /// Items whose order is not known, or whose name is none, are `refused`: they must not keep the others from being
    /// carried out.
    package func assignment() throws(ProtocolError) -> Assignment {
        guard items.count <= FleetLimits.replicasPerHost else {
            throw ProtocolError(field: "Assignment.items", problem: "holds more than \(FleetLimits.replicasPerHost)")
        }
        var mapped = Assignment(version: version.version, items: [])
        for item in items {
            // Files of the host are called by the name.
            if item.order == nil || NameRule.problem(withName: item.name) != nil {
                mapped.refused.append(try item.refused())
            } else {
                mapped.items.append(try item.item())
            }
        }
        return mapped
    }
}

extension WireAssignmentItem {
    package init(_ item: AssignmentItem) {
        self.init()
        deployment = item.deployment
        name = item.name
        number = item.number
        if let revision = item.revision { self.revision = WireRevision(revision) }
        if let endpoint = item.endpoint { self.endpoint = WireEndpoint(endpoint) }
        adoptsPort = item.adoptsPort == true
        stableForMs = item.stableFor.milliseconds
        rollbackStableForMs = item.rollbackStableFor.milliseconds
        onFailure = WireOnFailure(item.onFailure)
        succeeded = item.succeeded.map { WireRevisionReference($0) }
        holds = item.holds.map { WireHold($0) }
        switch item.order {
        case .converge: order = .converge(.init())
        case .stage: order = .stage(.init())
        case .rollback(let id, let turn):
            order = .rollback(
                .with {
                    $0.id = id
                    $0.pace = turn == .wait ? .wait : .go
                }
            )
        case .remove: order = .remove(.init())
        }
    }

    /// The name that an item is refused under when its own is none.
    private static let unnamed = "unnamed"

    /// An item whose order is one of a newer controller, or whose name is none.
    func refused() throws(ProtocolError) -> RefusedItem {
        let problem = NameRule.problem(withName: name)
        return RefusedItem(
            deployment: deployment,
            name: problem == nil ? name : Self.unnamed,
            number: number,
            goal: hasRevision ? try revision.reference.reference("AssignmentItem.revision") : nil,
            problem: problem
        )
    }

    package func item() throws(ProtocolError) -> AssignmentItem {
        let order: AssignmentItem.Order =
            switch self.order {
            case .converge: .converge
            case .stage: .stage
            case .rollback(let rollback): .rollback(id: rollback.id, turn: rollback.pace == .wait ? .wait : .go)
            case .remove: .remove
            case nil: throw ProtocolError(field: "AssignmentItem.order", problem: "is not one that this agent knows")
            }
        var mapped = AssignmentItem(
            deployment: deployment,
            name: name,
            number: number,
            order: order,
            revision: nil,
            stableFor: Span(milliseconds: stableForMs),
            rollbackStableFor: Span(milliseconds: rollbackStableForMs),
            onFailure: onFailure.onFailure
        )
        if hasRevision { mapped.revision = try revision.revision("AssignmentItem.revision") }
        if hasEndpoint { mapped.endpoint = try endpoint.endpoint("AssignmentItem.endpoint") }
        if adoptsPort { mapped.adoptsPort = true }
        for reference in succeeded {
            mapped.succeeded.append(try reference.reference("AssignmentItem.succeeded"))
        }
        for hold in holds { mapped.holds.append(try hold.hold(deployment: deployment)) }
        return mapped
    }
}

extension WireOnFailure {
    package init(_ onFailure: AssignmentItem.OnFailure) {
        switch onFailure {
        case .keepServing: self = .keepServing
        case .stop: self = .stop
        }
    }

    /// What is not known keeps serving: the choice that takes nothing down.
    package var onFailure: AssignmentItem.OnFailure {
        self == .stop ? .stop : .keepServing
    }
}

extension WireEndpoint {
    package init(_ endpoint: Endpoint) {
        self.init()
        port = UInt32(endpoint.port)
        to = endpoint.to
    }

    func endpoint(_ field: String) throws(ProtocolError) -> Endpoint {
        guard let port = UInt16(exactly: port), port > 0 else {
            throw ProtocolError(field: "\(field).port", problem: "is not a port")
        }
        return Endpoint(port: port, to: to)
    }
}
