"""The front door: how long a person waits for `muster`, and what the operator API carries."""

import json
import math
import os
import shutil
import statistics
import subprocess
import time

from blobs import manifests
from fleet import BIN, free_port
from fleetwide import Asker
from measure import CLIENT_CORE, Figure, alternating, cpu_seconds, per_cpu_second, pinned, settled
from planning import fleet

STARTS = 100
HOSTS, LISTS = 10_000, 11
CONNECTIONS, FEW = 100, 3
# Who asks in turn: one alone may ask 200 times a second.
OPERATORS = 400
WATCHERS, WRITES = 1000, 60


def part(values, share):
    """The value that this share of them does not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def start(bench):
    """From the start of `muster` to the first byte that it prints, without a network and without a login.

    There is no peer: kubectl and nomad are not here. Where git is, `git --version` stands beside it, a program in C that does
    next to nothing; it says what starting any process costs on this machine.
    """
    environment = {**os.environ, "MUSTER_CONFIG": str(bench.work / "nobody"), "NO_COLOR": "1"}
    other = shutil.which("git")
    for name, words in (("help", ["help"]), ("version", ["--version"])):
        ours, others = [], []
        for _ in range(3 + STARTS):
            ours.append(first_byte([str(BIN / "muster"), *words], environment))
            if other:
                others.append(first_byte([other, "--version"], environment))
        # The first ones read the programs from the disk.
        ours, others = ours[3:], others[3:]
        beside = "beside it: git --version, no program of this kind" if other else "nothing beside it"
        yield Figure(f"start_{name}", statistics.median(ours), "ms", statistics.median(others) if others else None, "<=50",
                     f"median of {len(ours)} starts, to the first byte; {beside}")
        yield Figure(f"start_{name}_p99", part(ours, 0.99), "ms", part(others, 0.99) if others else None, "<=50",
                     f"longest {max(ours):.1f} ms")


def first_byte(command, environment):
    """Milliseconds until a program has printed something."""
    began = time.monotonic()
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        first = os.read(process.stdout.fileno(), 1)
        took = 1000 * (time.monotonic() - began)
        process.stdout.read()
    if not first or process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} exited {process.returncode}")
    return took


def gethosts(bench):
    """`muster get hosts` of 10,000: what a person waits, from the program's start to its end, a TLS handshake included.

    The hosts are in the store of a controller that was down, and are not connected. There is no peer: nothing else lists them.
    """
    controller = fleet(bench, HOSTS)
    quiet(controller)
    took = [listed(controller) for _ in range(1 + LISTS)][1:]
    wide = listed(controller, "-o", "wide")
    yield Figure(f"get_hosts_{HOSTS}", statistics.median(took), "ms", None, "<=300",
                 f"median of {len(took)}, longest {max(took):.0f} ms; with -o wide, which asks for all that is known, {wide:.0f} ms")


def quiet(controller):
    """Waits until the controller has done what comes after its start."""
    settled(lambda: cpu_seconds(controller.process.pid), seconds=60)


def listed(controller, *arguments):
    """Milliseconds that `muster get hosts` took; it must name every host."""
    began = time.monotonic()
    done = subprocess.run(
        pinned(CLIENT_CORE, [BIN / "muster", "get", "hosts", *arguments]), env=controller.environment,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=True,
    )
    took = 1000 * (time.monotonic() - began)
    named = {line.split(" ", 1)[0] for line in done.stdout.splitlines()}
    missing = {f"host-{number}" for number in range(HOSTS)} - named
    if missing:
        raise RuntimeError(f"{len(missing)} of {HOSTS} hosts are not listed:\n{done.stdout[:2000]}")
    return took


def apireads(bench):
    """Requests that the operator API reads, for each CPU second of the server; peer: Hummingbird's own hello route.

    Both are pinned to one core and answer the same client over TLS 1.3, one request at a time on each of 100 connections; the
    hello is as long as the API's answer, and neither logs requests (the API's own line for each, at its usual level, takes another
    seventh of its CPU). Requests come from 400 operators in turn: one alone may ask 200 times a second.

    `deployment`: all read the same one, with three hosts; within 250 ms in which nothing was written the same answer is given
    again. `whoami`: what every request costs, and nothing more. `host`: each reads another one of 10,000, so that none is given
    again; the JSON of a host's report is kept until there is another report.
    """
    controller = fleet(bench, FEW)
    yield from reads(bench, controller, {"deployment": ["/v1/projects/default/deployments/big"], "whoami": ["/v1/whoami"]})
    controller.process.terminate()
    controller.process.wait(timeout=20)
    controller = fleet(bench, HOSTS)
    paths = [f"/v1/projects/default/hosts/host-{number}" for number in range(HOSTS)]
    yield from reads(bench, controller, {"host": paths})


def reads(bench, controller, kinds):
    """A figure for each kind of read."""
    tokens = bench.work / "operators"
    asker = Asker(controller)
    made = [asker.text("/v1/operators", {"name": f"bench-{number}", "role": "operator"}) for number in range(OPERATORS)]
    tokens.write_text("".join(json.loads(text)["token"] + "\n" for text in made), encoding="ascii")
    trust = controller.data / "authority.pem"
    quiet(controller)
    for name, paths in kinds.items():
        length = len(asker.text(paths[0]))
        port = free_port()
        peer = bench.start(
            BIN / "muster-bench-api", "hello", "--listen", f"127.0.0.1:{port}", "--certificate", bench.certificate, "--key",
            bench.key, "--bytes", length, port=port,
        )
        places = bench.work / f"paths-{name}"
        places.write_text("\n".join(paths) + "\n", encoding="ascii")
        hello = bench.work / "path-hello"
        hello.write_text("/hello\n", encoding="ascii")
        seen = []

        def ours():
            said = load(bench, controller.api, trust, places, tokens)
            seen.append(said)
            return said["requests"]

        value, other = alternating(
            bench.options.rounds,
            lambda: per_cpu_second(controller.process.pid, ours, bench.options.seconds),
            lambda: per_cpu_second(
                peer.pid, lambda: load(bench, f"127.0.0.1:{port}", bench.certificate, hello, tokens)["requests"],
                bench.options.seconds),
        )
        peer.terminate()
        peer.wait(timeout=20)
        said = seen[-1]
        yield Figure(f"api_read_{name}", value, "req/cpu-s", other, ">=0.5x",
                     f"{length} bytes, {CONNECTIONS} connections, TLS 1.3, no log; {said['requests'] / bench.options.seconds:.0f} req/s, "
                     f"p50 {said['p50']:.2f} ms, p99 {said['p99']:.2f} ms")


def load(bench, address, trust, paths, tokens):
    """What muster-bench-api counted; every answer must be a 200."""
    seconds = bench.options.seconds
    done = subprocess.run(
        pinned(CLIENT_CORE, [BIN / "muster-bench-api", "read", "--at", address, "--trust", trust, "--paths", paths, "--tokens",
                             tokens, "--connections", CONNECTIONS, "--seconds", seconds]),
        capture_output=True, text=True, timeout=seconds + 60, check=True,
    )
    said = json.loads(done.stdout)
    if said["refused"] > 0 or said["requests"] == 0:
        raise RuntimeError(f"muster-bench-api read {address}: {done.stdout}")
    return said


def watch(bench):
    """From a write through the API to its event at every one of 1,000 watchers, each a TLS connection of its own.

    The watchers and the writer are one process on the client's core, the controller has the other. A write waits until all have
    seen the one before. No peer runs here: etcd, which could, is not in the set-up.
    """
    controller = bench.controller()
    controller.apply(manifests("bench-watch", "raw")[0])
    quiet(controller)
    asker = Asker(controller)
    revision = json.loads(asker.text("/v1/projects/default/models"))["revision"]
    done = subprocess.run(
        pinned(CLIENT_CORE, [BIN / "muster-bench-api", "watch", "--at", controller.api, "--trust", controller.data / "authority.pem",
                             "--token", asker.token, "--model", "bench-watch", "--from", revision, "--watchers", WATCHERS, "--writes",
                             WRITES]),
        capture_output=True, text=True, timeout=180, check=True,
    )
    said = json.loads(done.stdout)
    note = f"{said['events']} events, {WATCHERS} watchers x {WRITES} writes"
    for name in ("sending", "answer"):
        times = said[name]
        yield Figure(f"watch_from_{name}_p99", times["p99"], "ms", None, "<=100",
                     f"from the write's {name} to the event at each watcher; p50 {times['p50']:.1f} ms, longest {times['longest']:.1f} "
                     f"ms; {note}")
