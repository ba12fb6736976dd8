// How long one host's status takes until the new plan is there: `muster-bench-planner HOSTS STATUSES`.
// Prints microseconds: median and 99th percentile of a machine that is told, median of one that is made anew.

let arguments = CommandLine.arguments
guard arguments.count == 3, let hosts = Int(arguments[1]), let statuses = Int(arguments[2]) else {
    fatalError("usage: muster-bench-planner HOSTS STATUSES")
}
var bench = PlannerBench(hosts: hosts)
let figures = bench.run(statuses: statuses, anew: 5)
let told = figures.told.sorted()
let anew = figures.anew.sorted()
print(told.count, told[told.count / 2], told[told.count * 99 / 100], anew[anew.count / 2])
