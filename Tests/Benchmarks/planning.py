"""The planner: how long one host's status takes until the new plan is there, what a person waits for a plan of many hosts, and
how much the simulator does in a second."""

import re
import resource
import statistics
import subprocess
import time

from blobs import manifests, push
from fleet import BIN
from measure import CLIENT_CORE, SERVER_CORE, Figure, pinned

STATUSES = 4000
HOSTS, PLANS = 10_000, 9
HISTORIES = 100


def planner(bench):
    """Mean time of one status at 10,000 and at 100,000 hosts; the peer looks at every host again, as a planner without aggregates does."""
    means = {}
    for hosts in (10_000, 100_000):
        means[hosts], tails, anew = [], [], []
        for _ in range(bench.options.rounds):
            said = planned_in_memory(hosts)
            means[hosts].append(float(said[1]) / 1000)
            tails.append(float(said[2]) / 1000)
            anew.append(float(said[4]) / 1000)
        yield Figure(f"status_to_plan_{hosts}", statistics.median(means[hosts]), "ms", statistics.median(anew), "<=1",
                     f"mean of {said[0]} statuses, p99 {statistics.median(tails):.3f} ms, longest {float(said[3]) / 1000:.1f} ms; "
                     "peer: every host looked at again")
    small, large = (statistics.median(means[hosts]) for hosts in (10_000, 100_000))
    yield Figure("status_to_plan_growth", large, "ms", small, "<=2x", "100,000 hosts beside 10,000")


def planned_in_memory(hosts):
    """What muster-bench-planner prints."""
    return subprocess.run(
        pinned(SERVER_CORE, [BIN / "muster-bench-planner", hosts, STATUSES]),
        capture_output=True, text=True, check=True, timeout=300,
    ).stdout.split()


def plan(bench):
    """`muster plan -f` of one deployment over 10,000 hosts: what a person waits, from the program's start to its end.

    The hosts are written into the store of a controller that is down; it is started again and serves them. There is no peer:
    nothing else plans our deployments. What the planner needs for it in memory, without the store, is said in the note.
    """
    controller = fleet(bench, HOSTS)
    file = bench.work / "wanted.yaml"
    file.write_text(wanted("2"), encoding="ascii")
    # The first one reads the store's pages into the cache.
    took = sorted(planned(controller, file)[0] for _ in range(1 + PLANS))[:-1]
    whole, text = planned(controller, file, "--all")
    listed = sum(line.startswith("big ") for line in text.splitlines())
    if listed != HOSTS:
        raise RuntimeError(f"the plan lists {listed} hosts instead of {HOSTS}:\n{text[:2000]}")
    memory = float(planned_in_memory(HOSTS)[4]) / 1000
    yield Figure(f"plan_{HOSTS}_hosts", statistics.median(took), "ms", None, "<=300",
                 f"median of {len(took)}, longest {took[-1]:.0f} ms; with a line for every host {whole:.0f} ms; "
                 f"the planner alone, in memory: {memory:.0f} ms")


def fleet(bench, hosts):
    """A controller whose store has so many hosts; they serve its one deployment, `big`, version 1 of two, and are not there."""
    controller = bench.controller()
    push(bench, controller, "big", 4096)
    _, version = manifests("big", "raw")
    second = bench.work / "big-2.yaml"
    second.write_text(version.replace("big-1", "big-2").replace('"1"', '"2"'), encoding="ascii")
    controller.muster("model", "push", bench.work / "big", "-f", second, "--no-progress")
    controller.apply(wanted("1"))
    controller.process.terminate()
    controller.process.wait(timeout=20)
    subprocess.run(
        [BIN / "muster-bench-store", "fleet", "--directory", controller.data, "--hosts", str(hosts)],
        capture_output=True, text=True, check=True, timeout=300,
    )
    controller.start()
    return controller


def wanted(version):
    """The deployment that every host serves."""
    return (
        "apiVersion: muster/v1\nkind: Deployment\nmetadata: {name: big}\nspec:\n"
        f"  content: {{model: {{name: big, version: \"{version}\"}}, runtime: idle}}\n"
        "  scope: {hosts: env=prod, endpoint: {port: 8080, to: http}}\n"
    )


def planned(controller, file, *arguments):
    """Milliseconds that `muster plan` took, and what it printed."""
    began = time.monotonic()
    done = subprocess.run(
        pinned(CLIENT_CORE, [BIN / "muster", "plan", "-f", file, *arguments]), env=controller.environment,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )
    took = 1000 * (time.monotonic() - began)
    if done.returncode != 2:
        raise RuntimeError(f"muster plan exited {done.returncode}: {(done.stdout + done.stderr)[-2000:]}")
    return took, done.stdout


def simulator(bench):
    """Decisions of planners and replicas' machines, and injected faults, that the simulator lets happen in a second of one core.

    Two figures: over the store's value, and as histories are run by default, every eighth over the real store in memory.
    """
    for name, store in (("simulator", ["--store", "value"]), ("simulator_with_real_store", [])):
        yield simulated(bench, name, store)


def simulated(bench, name, store):
    """One of the two."""
    speeds, seen = [], []
    for number in range(bench.options.rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            pinned(SERVER_CORE, [BIN / "muster-simulate", "--histories", HISTORIES, "--seed", 1 + number * HISTORIES, "--all",
                                 *store]),
            capture_output=True, text=True, timeout=600, check=False,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found = re.search(r"^(\d+) decisions .* \+ (\d+) injected faults", done.stdout, re.MULTILINE)
        if not found:
            raise RuntimeError(f"muster-simulate exited {done.returncode}: {(done.stdout + done.stderr)[-2000:]}")
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        speeds.append((int(found[1]) + int(found[2])) / spent)
        seen.append(re.search(r"(\d+) host-hours, (\d+) broken", done.stdout).groups())
    hours, broken = (sum(int(column) for column in columns) for columns in zip(*seen))
    return Figure(name, statistics.median(speeds), "/cpu-s", None, ">=50000",
                  "events taken by a planner or a replica's machine, and faults, at their default rates; "
                  f"{hours} host-hours, {broken} histories broken")
