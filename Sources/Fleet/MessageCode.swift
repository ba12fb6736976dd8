/// A word for each kind of failure that people are told of, by the controller or by `muster`: `muster help errors WORD`
/// explains it. A word is never given to something else later.
package enum MessageCode: String, Sendable, Hashable, Codable, CaseIterable {
    // What the operator API tells apart by its status.
    case invalid
    case malformed
    case unauthenticated
    case forbidden
    case notFound = "not-found"
    case methodNotAllowed = "method-not-allowed"
    case conflict
    case removalNotAllowed = "removal-not-allowed"
    case tooLarge = "too-large"
    case unsupportedMediaType = "unsupported-media-type"
    case rateLimited = "rate-limited"
    case overloaded
    case unavailable
    case `internal`

    // What the controller says more exactly.
    case changedMeanwhile = "changed-meanwhile"
    case immutable
    case inUse = "in-use"
    case beingRemoved = "being-removed"
    case planChanged = "plan-changed"
    case frozen
    case notReady = "not-ready"
    case notConfirmed = "not-confirmed"
    case rolloutState = "rollout-state"
    case stillConnected = "still-connected"
    case hostNotConnected = "host-not-connected"
    case hostSilent = "host-silent"
    case agentTooOld = "agent-too-old"
    case hostRefused = "host-refused"
    case nothingTaken = "nothing-taken"
    case lastAdmin = "last-admin"
    case tokenUseless = "token-useless"
    case keyReused = "key-reused"
    case keyInUse = "key-in-use"
    case answerNotKept = "answer-not-kept"
    case storeUnavailable = "store-unavailable"
    case storeDamaged = "store-damaged"

    // What the client says.
    case unreachable
    case untrusted
    case unexpectedAnswer = "unexpected-answer"
    case address
    case localFile = "local-file"

    // What the command line says.
    case usage
    case noTerminal = "no-terminal"
    case notLoggedIn = "not-logged-in"
    case unknownContext = "unknown-context"
    case manifest
    case editor
    case editNotTaken = "edit-not-taken"
    case nothingMatches = "nothing-matches"
    case nothingThere = "nothing-there"
    case notPossible = "not-possible"
    case timeUp = "time-up"
    case neverWill = "never-will"
    case deletedMeanwhile = "deleted-meanwhile"
    case followingEnded = "following-ended"
    case probe
    case bundle
    case auditBroken = "audit-broken"
}
