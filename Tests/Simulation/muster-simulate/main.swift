import Fleet
import FleetSimulation

/// `muster-simulate [--histories N] [--seed S] [--store sqlite|value] [--trace]`: histories N seeds long from S; every eighth
/// uses the real store unless one is named. Exit code 1 when a rule broke.
var histories: UInt64 = 300
var seed: UInt64 = 1
var isTracing = false
var stops = true
var shrinks = true
var store: String?
var excepted: Set<UInt64> = []
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
    switch argument {
    case "--histories": histories = arguments.popFirst().flatMap { UInt64($0) } ?? histories
    case "--seed": seed = arguments.popFirst().flatMap { UInt64($0) } ?? seed
    case "--trace": isTracing = true
    case "--all": stops = false
    case "--first": shrinks = false
    case "--store": store = arguments.popFirst()
    case "--except": excepted = Set((arguments.popFirst() ?? "").split(separator: ",").compactMap { UInt64($0) })
    default:
        print(
            "unknown: \(argument); usage: muster-simulate [--histories N] [--seed S] [--store sqlite|value] [--trace] [--all]"
        )
    }
}
wantDeterministicHashing()
let clock = ContinuousClock()
let began = clock.now
var decisions = 0
var faults = 0
var hostHours = 0.0
var broken = 0
var reached: [String: Int] = [:]
var rules: [String: [UInt64]] = [:]
for number in seed..<seed + histories where !excepted.contains(number) {
    var scenario = SimulationScenario(seed: number)
    if let store { scenario.usesDatabase = store == "sqlite" }
    if scenario.usesDatabase { scenario.rates[.guards] = nil }
    let report = SimulationReport(scenario, isTracing: isTracing)
    decisions += report.decisions
    faults += report.faults
    hostHours += report.hostHours
    reached.merge(report.reached, uniquingKeysWith: +)
    guard let failure = report.failure else { continue }
    broken += 1
    rules[failure.rule, default: []].append(number)
    print("BROKEN \(failure)")
    guard stops else { continue }
    guard shrinks else {
        for line in report.trace { print("  \(line)") }
        break
    }
    let shrunk = report.shrunk()
    for line in shrunk.trace.suffix(isTracing ? 60000 : 60) { print("  \(line)") }
    print("the shortest found: \(shrunk.scenario)")
    print("  \(shrunk.failure?.description ?? "")")
    print("again: Deploy/scripts/simulate --histories 1 --seed \(number)")
    break
}
let elapsed = (clock.now - began).components
let processor = processorSeconds()
print("\(histories) histories from seed \(seed), \(Int(hostHours)) host-hours, \(broken) broken")
print(
    "\(decisions) decisions (events taken by the planner or a replica's machine) + \(faults) injected faults in "
        + "\(Int(processor * 1000)) ms of one core (\(elapsed.seconds) s by the clock): "
        + "\(Int(Double(decisions + faults) / max(processor, 0.001))) a second and core"
)
print("reached: " + reached.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
for (rule, seeds) in rules.sorted(by: { $0.key < $1.key }) {
    print("\(rule): \(seeds.count): seeds \(seeds.prefix(12))")
}
if broken > 0 { exitWithFailure() }
