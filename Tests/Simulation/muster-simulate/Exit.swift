import Glibc

/// One seed is one history only if sets and dictionaries have one order: starts the program again where they have not.
func wantDeterministicHashing() {
    let name = "SWIFT_DETERMINISTIC_HASHING"
    guard getenv(name) == nil, setenv(name, "1", 1) == 0 else { return }
    var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
    execv("/proc/self/exe", &arguments)
}

/// Ends the program as failed.
func exitWithFailure() -> Never { exit(1) }

/// The processor time that this program has taken, in seconds.
func processorSeconds() -> Double {
    var time = timespec()
    guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return 0 }
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
