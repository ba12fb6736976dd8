import Foundation

// Both halves of the transport's figures, each a process of its own so that it can be pinned to a core:
//
//   muster-bench-rpc serve --listen ADDRESS:PORT --certificate FILE --key FILE
//       one event loop; `/muster.bench.v1.Echo/Echo` answers with a protobuf handler, every other path echoes bytes, unary and
//       streaming alike. Prints `port N` and serves until it is killed.
//   muster-bench-rpc sessions --port PORT --connections N --seconds S
//       N connections, one stream each, one 48-byte message at a time; prints echoes per second.
//   muster-bench-rpc idle --port PORT --connections N
//       N connections with one open stream each; prints `connected N` and keeps them until stdin ends.

let options = BenchOptions(Array(CommandLine.arguments.dropFirst()))
switch options.command {
case "serve": try await BenchServer.run(options)
case "sessions": try await BenchClient.sessions(options)
case "idle": try await BenchClient.idle(options)
default: throw BenchFailure("say serve, sessions or idle; see the top of main.swift")
}
