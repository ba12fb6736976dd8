import Foundation

// What `bench.py` measures the operator API with, each a process of its own so that it can be pinned to a core:
//
//   muster-bench-api hello --listen ADDRESS:PORT --certificate FILE --key FILE --bytes N
//       the peer: Hummingbird's own hello route at `/hello`, over HTTP/1.1 and TLS, its answer so many bytes long.
//   muster-bench-api read --at ADDRESS:PORT --trust FILE --paths FILE --tokens FILE --connections N --seconds S
//       N connections, each an operator of its own, one GET at a time, for 2 s and then for S s; prints one JSON object of
//       these S s: `requests` that were answered 200, those `refused`, `p50` and `p99` in ms.
//   muster-bench-api watch --at ADDRESS:PORT --trust FILE --token T --model NAME --from REVISION --watchers N --writes M
//       N watches, each on a connection of its own, and M writes of a model one after the other; prints one JSON object: how
//       many `events` came, and `p50`, `p99` and `longest` in ms since each write's `sending` and since its `answer`.

let options = BenchOptions(Array(CommandLine.arguments.dropFirst()))
switch options.command {
case "hello": try await HelloServer.run(options)
case "read": try await ReadLoad.run(options)
case "watch": try await WatchLoad.run(options)
default: throw BenchFailure("say hello, read or watch; see the top of main.swift")
}
