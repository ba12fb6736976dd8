"""Taking a fleet back: from the command to the last receipt, over the real protocol, with simulated hosts by the real rules."""

import json
import signal
import subprocess
import time

from blobs import manifests, push
from fleet import BIN
from measure import CLIENT_CORE, Figure, pinned

AGENTS = 1000


def rollback(bench):
    """`muster rollback` on 1,000 agents that serve version 2 side by side and have version 1 at hand; models start in 100 ms.

    There is no peer: the closest product moves its devices at their next sync. Times are from the start of `muster`.
    """
    count = min(AGENTS, bench.options.agents)
    controller = bench.controller()
    identities = bench.swarm(controller, count, "--label", "env=prod")
    swarm = subprocess.Popen(
        pinned(CLIENT_CORE, [BIN / "muster-swarm", "hold", "--controller", controller.agents, "--identities", identities,
                             "--start-time", "100ms"]),
        stdout=subprocess.PIPE, text=True,
    )
    bench.stack.callback(swarm.kill)
    if not swarm.stdout.readline().startswith("READY"):
        raise RuntimeError("muster-swarm hold did not connect every agent")
    push(bench, controller, "big", 4096)
    second = bench.work / "big-2.yaml"
    second.write_text(manifests("big", "raw")[1].replace("big-1", "big-2").replace('"1"', '"2"'), encoding="ascii")
    controller.muster("model", "push", bench.work / "big", "-f", second, "--no-progress")
    for version in "12":
        controller.apply(wanted(version))
        until_all_serve(controller, version, count)
    # The outcome of the rollout reaches every host: version 2 is good there, and 1 is what it would go back to.
    time.sleep(5)
    began = time.time()
    controller.muster("rollback", "big", "--reason", "it answers wrongly", "--confirm", "big")
    said = time.time() - began
    until_all_serve(controller, "1", count)
    swarm.send_signal(signal.SIGTERM)
    report = json.loads(swarm.stdout.read())
    swarm.wait()
    if len(report["rollbacks"]) != 1:
        raise RuntimeError(f"there was not one rollback: {report}")
    (seen,) = report["rollbacks"].values()

    def after(passed, mark):
        return seen[passed][mark] / 1000 - began

    note = f"{count} agents, receipts {seen['receipts']}, {report['lost']} lost; the command took {said:.2f} s"
    yield Figure("rollback_95_percent_done", after("ended", "p95"), "s", None, "<=12", note)
    yield Figure("rollback_all_done", after("ended", "last"), "s", None, "<=20", f"{seen['ended']['count']} receipts")
    yield Figure("rollback_first_switched", after("moved", "first"), "s", None, "<=1", "")
    yield Figure("rollback_last_received", after("received", "last"), "s", None, "<=0.5",
                 f"first after {after('received', 'first'):.2f} s")


def wanted(version):
    """The deployment, with a rollout that takes little time."""
    return (
        "apiVersion: muster/v1\nkind: Deployment\nmetadata: {name: big}\nspec:\n"
        f"  content: {{model: {{name: big, version: \"{version}\"}}, runtime: idle}}\n"
        "  scope: {hosts: env=prod, endpoint: {port: 8080, to: http}}\n"
        "  policy: {rollout: {waves: [100%], maxInFlight: 100%, stableFor: 1s, bake: 0s}, rollback: {stableFor: 3s}}\n"
    )


def until_all_serve(controller, version, count, seconds=180):
    """Waits until every host serves a version, proven."""
    deadline = time.monotonic() + seconds
    while True:
        hosts = json.loads(controller.muster("get", "deployment", "big", "-o", "json"))["hosts"]
        there = sum(host["state"] == "verified" and (host.get("serving") or {}).get("version") == version for host in hosts)
        if there == count:
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"{there} of {count} hosts serve version {version} after {seconds} s")
        # Asking costs the controller time that is measured.
        time.sleep(1)
