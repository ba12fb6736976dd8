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
