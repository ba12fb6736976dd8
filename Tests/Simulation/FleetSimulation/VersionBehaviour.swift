import Fleet

/// How one model version behaves, and on which hosts.
struct VersionBehaviour {
    /// What is wrong with it where it is bad.
    enum Flaw: CaseIterable {
        case startFails, diesBeforeReady, neverReady, wrongAnswer, unreadyWhileObserved, diesWhileObserved
    }

    /// How it takes the place of another.
    var update: RuntimeProfile.Update
    /// What is wrong with it; `nil` when it is good.
    var flaw: Flaw?
    /// On how many hosts of a hundred.
    var share: Int
    /// The hosts on which it is bad, where that is not left to chance.
    var only: Set<Int>?
    /// Whether it dies again and again after it was verified.
    var isUnsteady: Bool
    private var salt: UInt64

    /// A version as the dice will have it.
    init(update: RuntimeProfile.Update, dice: inout SimulationDice) {
        self.update = update
        salt = dice.next()
        share = 0
        isUnsteady = dice.chance(0.05)
        guard dice.chance(0.35) else { return }
        flaw = dice.pick(Flaw.allCases)
        share = dice.pick([100, 100, 30, 10, 3])
    }

    /// What goes wrong with it on a host.
    func flaw(on host: Int) -> Flaw? {
        if let only { return only.contains(host) ? flaw : nil }
        return Int(SimulationDice.mixed(salt ^ UInt64(host + 1) &* 0x9E37_79B9) % 100) < share ? flaw : nil
    }
}
