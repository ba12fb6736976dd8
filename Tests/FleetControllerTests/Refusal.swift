import Testing

@testable import FleetController

/// What a controller's operation was refused with; a test fails where it was not.
func refusal(_ body: () async throws -> Void) async -> ControllerError? {
    await #expect(throws: ControllerError.self) { try await body() }
}
