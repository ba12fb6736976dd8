import Glibc

/// Ends the program as failed.
func exitWithFailure() -> Never { exit(1) }
