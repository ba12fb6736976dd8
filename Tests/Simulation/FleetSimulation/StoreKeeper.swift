import Fleet
import FleetController
import FleetPlanning

/// The controller's store: what its transactions do. There are two: a value, which is quick, and the real one in memory.
///
/// After each call the world's ``StoreImage`` says what is committed, for whoever watches.
protocol StoreKeeper: AnyObject {
    /// Whether the controller dies in the middle of the next transaction: nothing of it is kept, and it throws a ``StoreCrash``.
    var isDoomed: Bool { get set }

    /// Another controller takes the store over.
    func begin() throws

    /// Stores what hosts have said.
    func save(_ reports: [Int: HostReport], _ outcomes: [Int: [HostOutcome]]) throws

    /// Everything that planning a deployment needs, from the store and from memory; `nil` when it is no more.
    func picture(of number: Int) throws -> DeploymentPicture?

    /// Lets the clock of a deployment's rollout leave out the time without a controller.
    func resumeClock(of number: Int) throws

    /// Stores a plan.
    ///
    /// - Returns: `nil` when another plan was stored meanwhile.
    func store(_ plan: DeploymentPlan, of number: Int) throws -> StoredPlan?

    /// A deployment is applied for the first time.
    func create(_ row: StoreImage.Row) throws

    /// A person's transaction: a change, a command, or both; planned and stored as one. It throws a `RolloutRefusal`.
    func transact(
        _ number: Int,
        _ change: SpecChange,
        _ request: PlanStep.Request
    ) throws -> (plan: DeploymentPlan, stored: StoredPlan)

    /// Sets a host's labels.
    func label(_ host: Int, site: Int) throws

    /// Refuses a host from now on.
    func revoke(_ host: Int) throws

    /// Keeps new things from a host, or no longer.
    func cordon(_ host: Int, _ cordon: Cordon?) throws

    /// Ends a freeze.
    func thaw() throws

    /// A copy of what is committed.
    func backUp() throws -> StoreBackup

    /// The store is lost, and a backup of it takes its place, frozen.
    func restore(_ backup: StoreBackup) throws
}

/// What became of a plan's items.
struct StoredPlan {
    /// What hosts are to do anew, or that their item is taken away; by the hosts' indices, in their order.
    var changed: [(Int, AssignmentItem?)] = []
    /// The items of the plan with their numbers, by the hosts' ids.
    var items: [String: AssignmentItem] = [:]
}

/// The controller has died in the middle of a transaction.
struct StoreCrash: Error {}
