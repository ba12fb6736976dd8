// How long one host's status takes until the new plan is there: `muster-bench-planner HOSTS STATUSES`.
// Prints how many were measured, then microseconds: mean, 99th percentile and longest of a machine that is told, and the
// median of one that is made anew.

let arguments = CommandLine.arguments
guard arguments.count == 3, let hosts = Int(arguments[1]), let statuses = Int(arguments[2]) else {
    fatalError("usage: muster-bench-planner HOSTS STATUSES")
}
var bench = PlannerBench(hosts: hosts)
let figures = bench.run(statuses: statuses, anew: 5)
let told = figures.told.sorted()
let anew = figures.anew.sorted()
print(
    told.count,
    told.reduce(0, +) / Double(told.count),
    told[told.count * 99 / 100],
    told[told.count - 1],
    anew[anew.count / 2]
)
