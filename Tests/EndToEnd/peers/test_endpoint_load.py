"""Fifty switches under load: fresh, pooled and gRPC clients, on the host and from another network namespace."""

import os
import sys
import time
import unittest

from endpoint_bed import ENDPOINT, FAR_MORE, HERE, HOST, HOST6, Bed, missing
from endpoint_load import Load

WHY_NOT = missing()
SWITCHES = 50
GRPC = ENDPOINT + 1
PYTHON = os.environ.get("MUSTER_PEERS_PYTHON", sys.executable)


class Servers:
    """A model server's ports, HTTP/1.1 and gRPC; each revision that they serve has another name, as after a restart."""

    def __init__(self, bed, number):
        self.http, self.grpc = 18001 + number, 18101 + number
        self.name = f"revision-{number}"
        self.processes = [
            bed.start(bed.host, PYTHON, HERE / "endpoint_server.py", "::", self.http, self.name),
            bed.start(bed.host, PYTHON, HERE / "endpoint_grpc.py", self.grpc, self.name),
        ]
        for process in self.processes:
            assert process.stdout.readline() == "listening\n"

    def become(self, number):
        """Serves another revision."""
        self.name = f"revision-{number}"
        for process in self.processes:
            process.stdin.write(self.name + "\n")
            process.stdin.flush()
            assert process.stdout.readline() == self.name + "\n"


@unittest.skipIf(WHY_NOT, f"SKIPPED, the endpoint was NOT tested under load: {WHY_NOT}")
class EndpointLoadTest(unittest.TestCase):
    """Each switch: the new one is open, a brief drain, the old one is cut and ended."""

    def setUp(self):
        self.bed = Bed()
        self.addCleanup(self.bed.close)
        self.load = Load(self.bed)

    def start_clients(self):
        """Of every kind, on the host and remote, IPv4 and IPv6, remote ones from sixteen addresses."""
        bed, load = self.bed, self.load
        load.add("fresh", bed.far, HOST, ENDPOINT, *FAR_MORE[:8], pause=0.001)
        load.add("fresh", bed.far, HOST, ENDPOINT, *FAR_MORE[8:], pause=0.001)
        load.add("fresh", bed.host, "127.0.0.1", ENDPOINT, *(f"127.0.1.{number}" for number in range(1, 9)), pause=0.001)
        load.add("pooled", bed.far, HOST, ENDPOINT)
        load.add("pooled", bed.far, HOST6, ENDPOINT)
        load.add("pooled", bed.host, "::1", ENDPOINT)
        load.add("grpc", bed.far, HOST, GRPC)
        load.add("grpc", bed.far, HOST6, GRPC)
        load.add("grpc", bed.host, HOST, GRPC)

    def test_fifty_switches(self):
        """Fresh connections fail 0 times; the cut resets a kept one, which needs one retry (gRPC: at times two, where its
        channel tries the dead connection again); the condemned never answers."""
        switch = self.bed.agent_switch()
        old, spare = Servers(self.bed, 0), Servers(self.bed, 1)
        switch.tell("open", ENDPOINT, old.http)
        switch.tell("open", GRPC, old.grpc)
        self.start_clients()
        self.load.wait_for_more(3)
        cut_at, took, still_connected = {}, [], 0
        for number in range(1, SWITCHES + 1):
            new, spare = spare, old
            new.become(number)
            switch.tell("open", ENDPOINT, new.http)
            took.append(switch.milliseconds)
            switch.tell("open", GRPC, new.grpc)
            took.append(switch.milliseconds)
            # The brief drain: whatever was fresh when the endpoint moved has its answer.
            self.load.wait_for_more(2, "fresh")
            still_connected += int(switch.tell("cut", old.http)) + int(switch.tell("cut", old.grpc))
            cut_at[old.name] = time.monotonic()
            self.load.wait_for_more(2)
            self.assertEqual((switch.tell("connections", old.http), switch.tell("connections", old.grpc)), ("0", "0"))
            old = new
        self.load.wait_for_more(3)
        seen = self.load.finish()
        self.judge(seen, cut_at)
        # Six clients keep a connection each: all were on the old revision each time, and counted.
        self.assertEqual(still_connected, 6 * SWITCHES)
        took.sort()
        fresh = sum(report["count"] for kind, report in seen if kind == "fresh")
        print(f"{len(took)} switches, median {took[len(took) // 2]:.1f} ms, longest {took[-1]:.1f} ms; {fresh} fresh requests, "
              f"0 failed; kept connections: {6 * SWITCHES} cut, each client asked again", file=sys.stderr)

    def judge(self, seen, cut_at):
        """What each client saw against what was done."""
        for kind, report in seen:
            with self.subTest(f"{kind} {report['why']}"):
                late = {name: when - cut_at[name] for name, (_, when) in report["answers"].items()
                        if name in cut_at and when > cut_at[name]}
                self.assertEqual(late, {}, "answered by a condemned revision after its cut")
                self.assertGreater(report["count"], 2 * SWITCHES)
                self.assertEqual(report["retries_failed"], 0)
                if kind == "fresh":
                    self.assertEqual(report["failed"], 0)
                else:
                    self.assertLessEqual(report["failed"], SWITCHES if kind == "pooled" else SWITCHES + SWITCHES // 5)
                    # Each was on every revision: it moved by the cut alone.
                    self.assertGreaterEqual(len(report["answers"]), SWITCHES)


if __name__ == "__main__":
    unittest.main()
