/// What a deployment's history must be, by the plainest code that can say it.
struct DeploymentModel: Equatable {
    var uid: String
    /// The written version of each revision, from 1.
    var versions: [String]
    /// Numbers of succeeded revisions, the last success at the end.
    var succeeded: [UInt64] = []
    /// The ids of the holds that condemn.
    var holds: Set<String> = []
    var isRemoving = false

    init(uid: String, version: String) {
        self.uid = uid
        versions = [version]
    }

    /// Whether applying a version makes a revision.
    mutating func apply(_ version: String) -> Bool {
        guard versions.last != version else { return false }
        versions.append(version)
        return true
    }

    mutating func succeed(_ number: UInt64) {
        succeeded.removeAll { $0 == number }
        succeeded.append(number)
    }
}
