import Fleet
import Foundation
import Testing

@testable import OperatorAPI

@Suite struct DescriptionTests {
    @Test func routerAndDescriptionHaveTheSameOperations() throws {
        let description = try ServerFixture.description.get()
        let routes = RouteTable(authorityPEM: "").routes
        let routed = Set(routes.map { "\($0.method) \($0.template)" })
        let described = Set(description.operations.map { "\($0.method) \($0.template)" })
        #expect(routed.subtracting(described) == [], "not described")
        #expect(described.subtracting(routed) == [], "not routed")
        #expect(routes.count == routed.count, "an operation is routed twice")
        for route in routes {
            let operation = try #require(
                description.operations.first { $0.template == route.template && $0.method == "\(route.method)" }
            )
            #expect(operation.query == Set(route.query), "\(route.method) \(route.template)")
            if case .nothing = route.content {
                #expect(!operation.hasBody, "\(route.method) \(route.template)")
            } else {
                #expect(operation.hasBody, "\(route.method) \(route.template)")
            }
            if case .open = route.handler {
                #expect(operation.isOpen)
            } else {
                #expect(!operation.isOpen && operation.responses["401"] != nil)
                #expect((operation.responses["429"] != nil) == route.isCounted, "\(route.method) \(route.template)")
            }
        }
    }

    @Test func everyReferenceLeadsSomewhere() throws {
        let description = try ServerFixture.description.get()
        let references = description.references()
        #expect(references.count > 100)
        for reference in Set(references) {
            if reference.hasPrefix("#/") {
                #expect(APIDescription.resolve(.object(["$ref": .string(reference)]), in: description.root) != .null)
            } else {
                let file = APIDescription.directory.appendingPathComponent(reference).path
                #expect(FileManager.default.fileExists(atPath: file), "\(reference)")
            }
        }
    }

    @Test func everyProblemIsDescribed() throws {
        let schema = try ServerFixture.description.get().root["components"]?["schemas"]?["Problem"]
        let words = schema?["properties"]?["type"]?["enum"]?.elements.compactMap(\.text)
        #expect(Set(words ?? []) == Set(ProblemKind.allCases.map(\.rawValue)))
    }

    @Test func theCheckerSeesWhatIsWrong() throws {
        let description = try ServerFixture.description.get()
        let schema: JSONValue = .object(["$ref": .string("#/components/schemas/WhoAmI")])
        let good: [String: JSONValue] = ["name": .string("a"), "role": .string("admin"), "version": .string("1")]
        #expect(description.mismatches(.object(good), schema, at: "") == [])
        #expect(
            description.mismatches(.object(good.filter { $0.key != "role" }), schema, at: "") == ["/role is missing"]
        )
        #expect(
            description.mismatches(.object(good.merging(["x": .null]) { $1 }), schema, at: "")
                == ["/x is not described"]
        )
        #expect(
            description.mismatches(.object(good.merging(["name": .integer(1)]) { $1 }), schema, at: "")
                == ["/name is not of type string"]
        )
    }
}
