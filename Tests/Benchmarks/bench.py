#!/usr/bin/env python3
"""The figures of `Deploy/scripts/bench`: each beside its peer in the same run, the server pinned to one core.

    bench.py [--json FILE] [--seconds N] [--rounds N] [--agents N] [NAME…]

NAME: rpc, leases, memory, agent, writes, endpoint, adoption, boot, blobs, command, metrics, planner, plan, simulator,
rollback, fleetwide, start, gethosts, apireads, watch.
Needs MUSTER_BIN_DIR (release programs) and runs on MUSTER_PEERS_PYTHON.
"""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/EndToEnd/peers"))

from blobs import blobs, command  # noqa: E402
from endpoint_bed import BLUE, ENDPOINT, FAR_MORE, GREEN, HOST, Bed  # noqa: E402
from endpoint_bed import missing as endpoint_missing  # noqa: E402
from endpoint_load import Load  # noqa: E402
from exposition import metrics  # noqa: E402
from fleet import BIN, Controller, free_port, listed, wait_for  # noqa: E402
from fleetwide import fleetwide  # noqa: E402
from frontdoor import apireads, gethosts, start, watch  # noqa: E402
from host import adoption, boot  # noqa: E402
from measure import (  # noqa: E402
    CLIENT_CORE, SERVER_CORE, Figure, alternating, cpu_seconds, h2load, kernel_memory, memory, per_cpu_second, pinned,
    settled,
)
from planning import plan, planner, simulator  # noqa: E402
from rollback import rollback  # noqa: E402

KILO, MEGA = 1000, 1000 * 1000


class Bench:
    """The settings of a run, and what it must clean up."""

    def __init__(self, options, stack):
        self.options = options
        self.stack = stack
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="muster-bench-"))
        stack.callback(shutil.rmtree, self.work, True)
        self.key, self.certificate = self.work / "key.pem", self.work / "certificate.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.key,
             "-out", self.certificate],
            capture_output=True, check=True,
        )

    def start(self, *command, port=None, core=SERVER_CORE):
        """Starts a server on its core and waits for its port; ended with the run."""
        log = open(self.work / f"{pathlib.Path(command[0]).name}.log", "ab")
        self.stack.callback(log.close)
        process = subprocess.Popen(pinned(core, command), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.stack.callback(stop, process)
        if port:
            wait_for(f"{command[0]} listens", lambda: listens(process, port, log.name))
        return process

    def nghttpd(self, *arguments):
        """The peer in C."""
        port = free_port()
        files = self.work / "files"
        files.mkdir(exist_ok=True)
        (files / "lease").write_bytes(b"x" * 16)
        (files / "echo").write_bytes(b"x" * 64)
        process = self.start(
            "nghttpd", "--workers=1", f"--htdocs={files}", *arguments, port, self.key, self.certificate, port=port
        )
        return process, f"https://127.0.0.1:{port}"

    @staticmethod
    def end_inside(directory):
        """Ends the model servers and their shims that work inside a directory. A shim does not heed SIGTERM."""
        observe = [sys.executable, ROOT / "Deploy/scripts/lib/observe.py", "inside", directory]
        for pid in subprocess.run(observe, capture_output=True, text=True, check=True).stdout.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)

    def controller(self, log_level="warning"):
        """A controller on the server's core."""
        os.environ["MUSTER_CONTROLLER_LOG_LEVEL"] = log_level
        controller = Controller(prefix=pinned(SERVER_CORE, []))
        self.stack.callback(controller.close)
        return controller

    def swarm(self, controller, count, *token):
        """The identities of so many simulated agents, with tokens that these arguments make."""
        tokens = self.work / "tokens"
        left = count
        words = []
        while left > 0:
            words += controller.token("--count", min(left, 1000), *token).split()
            left -= 1000
        tokens.write_text("\n".join(words) + "\n", encoding="ascii")
        identities = self.work / f"identities-{count}"
        subprocess.run(
            pinned(CLIENT_CORE, [BIN / "muster-swarm", "enroll", "--controller", controller.agents, "--tokens", tokens,
                                 "--out", identities]),
            capture_output=True, check=True, timeout=900,
        )
        return identities


def stop(process):
    """Ends a process that this run started."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def listens(process, port, log):
    """Whether the port answers; the log's end when the program has ended instead."""
    if process.poll() is not None:
        raise RuntimeError(f"it exited {process.returncode}: {pathlib.Path(log).read_text(errors='replace')[-2000:]}")
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(port))) == 0


def rpc(bench):
    """Unary RPC of 64 bytes over TLS, 50 connections × 20 streams, a real protobuf handler; peer: nghttpd.

    nghttpd takes the same body and answers 64 bytes of a cached file: its own `--echo-upload` goes through a temporary file
    and would be 15 times slower, no peer to be proud of.
    """
    port, seconds = free_port(), bench.options.seconds
    ours = bench.start(
        BIN / "muster-bench-rpc", "serve", "--listen", f"127.0.0.1:{port}", "--certificate", bench.certificate,
        "--key", bench.key, port=port,
    )
    peer, peer_url = bench.nghttpd()
    # A gRPC message (5 bytes of prefix) around a protobuf message: one bytes field (2 bytes of tag and length) of 57.
    body = bench.work / "body"
    body.write_bytes(b"\0\0\0\0\x3b\x0a\x39" + b"m" * 57)
    shape = ["--clients=50", "--max-concurrent-streams=20", f"--data={body}",
             "--header=content-type: application/grpc", "--header=te: trailers"]
    value, other = alternating(
        bench.options.rounds,
        lambda: per_cpu_second(
            ours.pid,
            lambda: h2load(f"https://127.0.0.1:{port}/muster.bench.v1.Echo/Echo", *shape, seconds=seconds), seconds),
        lambda: per_cpu_second(peer.pid, lambda: h2load(peer_url + "/echo", *shape, seconds=seconds), seconds),
    )
    yield Figure("rpc_unary_64B", value, "req/cpu-s", other, ">=0.5x", "50 connections x 20 streams, TLS 1.3")


def leases(bench):
    """Leases answered on open sessions, 1,000 connections; peer: nghttpd, 1,000 connections × 1 stream."""
    count, seconds = 1000, bench.options.seconds
    controller = bench.controller()
    identities = bench.swarm(controller, count)
    peer, peer_url = bench.nghttpd()
    latencies = []

    def ours():
        done = subprocess.run(
            pinned(CLIENT_CORE, [BIN / "muster-swarm", "run", "--controller", controller.agents, "--identities", identities,
                                 "--connections", count, "--as-fast-as-possible", "--seconds", seconds, "--warm-up", 2]),
            capture_output=True, text=True, timeout=seconds + 180, check=True,
        )
        report = json.loads(done.stdout)
        latencies.append(report["latency"])
        return report["leases"]

    value, other = alternating(
        bench.options.rounds,
        lambda: per_cpu_second(controller.process.pid, ours, seconds),
        lambda: per_cpu_second(
            peer.pid,
            lambda: h2load(peer_url + "/lease", f"--clients={count}", "--max-concurrent-streams=1", seconds=seconds),
            seconds),
    )
    yield Figure("leases_answered", value, "lease/cpu-s", other, ">=0.8x", f"1,000 sessions; latency in ms {latencies[-1]}")


def hold_tls(count, address, port, certificate, sources, identity=None):
    """Opens so many idle HTTP/2 connections over TLS and returns them; with an identity the client shows it."""
    context = ssl.create_default_context(cafile=certificate)
    if identity:
        context.load_cert_chain(*identity)
    context.set_alpn_protocols(["h2"])
    held = []
    for number in range(count):
        plain = socket.create_connection((address, port), 20, source_address=(sources[number % len(sources)], 0))
        secure = context.wrap_socket(plain, server_hostname=address)
        secure.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0")
        secure.recv(4096)
        held.append(secure)
    return held


def memory_per_agent(bench):
    """Controller memory per connected, enrolled, idle agent; peer: nghttpd per TLS connection."""
    count = bench.options.agents
    controller = bench.controller()
    identities = bench.swarm(controller, count)
    # What the controller keeps of an enrolled host and what it has touched so far is counted: it starts anew.
    controller.restart()
    pid = controller.process.pid
    before, kernel_before = settled(lambda: memory(pid)[0]), kernel_memory()
    swarm = subprocess.Popen(
        pinned(CLIENT_CORE, [BIN / "muster-swarm", "hold", "--controller", controller.agents, "--identities", identities,
                             "--connections", count]),
        stdout=subprocess.PIPE, text=True,
    )
    bench.stack.callback(stop, swarm)
    if not swarm.stdout.readline().startswith("READY"):
        raise RuntimeError("muster-swarm hold did not connect every agent")
    after = settled(lambda: memory(pid)[0])
    kernel = (kernel_memory() - kernel_before) / count
    swarm.send_signal(signal.SIGTERM)
    report = json.loads(swarm.stdout.read())
    swarm.wait()

    ours = (after - before) / count / KILO
    plain = nghttpd_memory(bench, count)
    # Our agents show a certificate, and the server keeps it as long as the connection lives.
    mutual = nghttpd_memory(bench, count, "--verify-client", identity=(bench.certificate, bench.key))
    note = f"{count} agents, {report['lost']} lost; kernel, both ends: {kernel / KILO:.1f} kB"
    yield Figure("controller_memory_per_agent", ours, "kB", None, "<=60", note)
    yield Figure("controller_memory_vs_nghttpd", ours, "kB", plain, "<=1.0x", "PSS per idle TLS connection")
    yield Figure("controller_memory_vs_nghttpd_mutual", ours, "kB", mutual, "<=1.0x", "the same, clients show a certificate")


def nghttpd_memory(bench, count, *arguments, identity=None):
    """What nghttpd needs for each idle TLS connection, in kB."""
    peer, url = bench.nghttpd(*arguments)
    before = settled(lambda: memory(peer.pid)[0])
    port = int(url.rpartition(":")[2])
    held = hold_tls(count, "127.0.0.1", port, bench.certificate, ["127.0.0.1", "127.0.0.2"], identity)
    after = settled(lambda: memory(peer.pid)[0])
    for connection in held:
        connection.close()
    stop(peer)
    return (after - before) / count / KILO


def salt(bench):
    """The processes of an idle salt-minion that its master has just heard: a fleet's agent, too."""
    subprocess.run([ROOT / "Deploy/scripts/setup", "salt"], check=True, stdout=sys.stderr)
    programs = pathlib.Path(os.environ["MUSTER_SALT_BIN"])
    home, publish, answers = bench.work / "salt", free_port(), free_port()
    settings = {
        "master": f"interface: 127.0.0.1\nret_port: {answers}\nauto_accept: true\nworker_threads: 1\n",
        "minion": f"master: 127.0.0.1\nmaster_port: {answers}\nid: bench\n",
    }
    for role, text in settings.items():
        (home / role).mkdir(parents=True)
        common = f"root_dir: {home / role / 'root'}\npublish_port: {publish}\nuser: root\nlog_level_logfile: quiet\n"
        (home / role / role).write_text(text + common)
    bench.start(programs / "salt-master", "-c", home / "master", port=answers)
    minion = bench.start(programs / "salt-minion", "-c", home / "minion", core=CLIENT_CORE)

    def hears():
        asked = [programs / "salt", "-c", home / "master", "--timeout", "5", "bench", "test.ping"]
        return "True" in subprocess.run(asked, capture_output=True, text=True, check=False).stdout

    wait_for("salt-minion hears its master", hears, seconds=120)
    children = pathlib.Path(f"/proc/{minion.pid}/task/{minion.pid}/children").read_text(encoding="ascii").split()
    return [minion.pid, *map(int, children)]


def agent(bench):
    """An idle agent with one real replica; peer: an idle salt-minion, all of its processes, over the same seconds."""
    controller = bench.controller()
    wine = ROOT / "Deploy/examples/wine"
    python = pathlib.Path(os.environ["MUSTER_MLSERVER_BIN"])
    subprocess.run([python / "python", wine / "train.py", bench.work / "models"], check=True, stdout=subprocess.DEVNULL)
    controller.muster("apply", "-f", wine / "model.yaml", "-f", wine / "runtime.yaml")
    controller.muster("model", "push", bench.work / "models/wine-1.0.0", "-f", wine / "wine-1.0.0.yaml")
    data = bench.work / "agent"
    status, text = controller.run(
        "enroll", "--controller", controller.agents, "--token", controller.token("--label", "site=lyon"), "--data", data,
        "--name", "bench", "--address", "127.0.0.31", program="muster-agent",
    )
    if status != 0:
        raise RuntimeError(text)
    os.environ["PATH"] += f":{python}"
    # Undone in reverse order: the agent ends first, or it would start its replica again.
    bench.stack.callback(bench.end_inside, data)
    process = bench.start(BIN / "muster-agent", "run", "--data", data, "--endpoint", "off", core=CLIENT_CORE)
    controller.muster("apply", "-f", wine / "deployment.yaml")

    def proven():
        hosts = listed(controller, "deployments")[0]["hosts"]
        return hosts and hosts[0]["state"] == "verified"

    wait_for("the replica is proven", proven, seconds=120)
    peers = salt(bench)
    settled(lambda: memory(process.pid)[0] + sum(memory(pid)[0] for pid in peers), seconds=30)
    seconds = max(30, bench.options.seconds)

    def spent():
        return cpu_seconds(process.pid), sum(cpu_seconds(pid) for pid in peers)

    began = spent()
    time.sleep(seconds)
    cpu, other_cpu = (100 * (after - before) / seconds for before, after in zip(began, spent()))
    pss, dirty = memory(process.pid)
    other_pss, other_dirty = (sum(sizes) for sizes in zip(*map(memory, peers)))
    stripped = bench.work / "muster-agent"
    subprocess.run(["strip", "-o", stripped, BIN / "muster-agent"], check=True)
    yield Figure("agent_idle_pss", pss / MEGA, "MB", other_pss / MEGA, "<=20", "beside it: salt-minion")
    yield Figure("agent_idle_private_dirty", dirty / MEGA, "MB", other_dirty / MEGA, "<=6", "beside it: salt-minion")
    yield Figure("agent_idle_cpu", cpu, "%", other_cpu, "<=0.1", f"over {seconds} s; beside it: salt-minion")
    yield Figure("agent_binary_stripped", stripped.stat().st_size / MEGA, "MB", None, "<=45")


def writes(bench):
    """Acknowledged desired-state writes by 64 writers; peer: the same transactions by one writer straight into SQLite."""
    runs = []

    def run(kind):
        done = subprocess.run(
            [BIN / "muster-bench-store", kind, "--directory", tempfile.mkdtemp(dir=bench.work), "--seconds",
             str(bench.options.seconds)],
            capture_output=True, text=True, check=True, timeout=bench.options.seconds + 120,
        )
        report = json.loads(done.stdout)
        runs.append(report)
        return report["writesPerSecond"]

    value, other = alternating(bench.options.rounds, lambda: run("grouped"), lambda: run("single"))
    p99 = [report.get("p99Milliseconds") for report in runs if report.get("p99Milliseconds") is not None]
    yield Figure("desired_state_writes_64", value, "write/s", other, ">=1.0x", f"p99 {p99[0] if p99 else '?'} ms")


def endpoint(bench):
    """Switches of an endpoint while fresh connections arrive from another network namespace and on the host."""
    reason = endpoint_missing()
    if reason:
        raise RuntimeError(reason)
    bed = Bed()
    bench.stack.callback(bed.close)
    for port in (BLUE, GREEN):
        bed.serve(port)
    switch = bed.agent_switch()
    switch.tell("open", ENDPOINT, BLUE)
    load = Load(bed)
    for first in (0, 8):
        load.add("fresh", bed.far, HOST, ENDPOINT, *FAR_MORE[first:first + 8])
    load.add("fresh", bed.host, HOST, ENDPOINT, *(f"127.0.1.{number}" for number in range(1, 9)))
    took = []
    # Past 100,000 requests, and 100 switches.
    while sum(load.counts().values()) < 105_000 or len(took) < 100:
        load.wait_for_more(200)
        switch.tell("open", ENDPOINT, (GREEN, BLUE)[len(took) % 2])
        took.append(switch.milliseconds)
    seen = [report for _, report in load.finish()]
    requests, failed = sum(report["count"] for report in seen), sum(report["failed"] for report in seen)
    took.sort()
    note = f"median of {len(took)}, under load; 99 % below {took[len(took) * 99 // 100]:.0f} ms"
    yield Figure("endpoint_switch", took[len(took) // 2], "ms", None, "<=50", note)
    yield Figure("endpoint_fresh_failed", failed, "requests", None, "<=0", f"of {requests}, through {len(took)} switches")
    # Nobody asks now: what is left is the look at the rules' generation once a second.
    began = cpu_seconds(switch.process.pid)
    time.sleep(30)
    spent = cpu_seconds(switch.process.pid) - began
    yield Figure("endpoint_watch_cpu", 100 * spent / 30, "%", None, "<=0.1", "of a core, over 30 s")


BENCHES = {"rpc": rpc, "leases": leases, "memory": memory_per_agent, "agent": agent, "writes": writes, "endpoint": endpoint,
           "adoption": adoption, "boot": boot, "metrics": metrics,
           "blobs": blobs, "command": command, "planner": planner, "plan": plan, "simulator": simulator, "rollback": rollback,
           "fleetwide": fleetwide, "start": start, "gethosts": gethosts, "apireads": apireads, "watch": watch}


def main():
    """Runs what was asked for; a figure that cannot be measured is said, and fails the run at its end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*BENCHES, []], help=", ".join(BENCHES))
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also write the figures as a JSON list")
    parser.add_argument("--seconds", type=int, default=8, help="how long each run measures")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each side; the median counts")
    parser.add_argument("--agents", type=int, default=8000, help="connected agents of `memory`")
    options = parser.parse_args()
    figures, broken = [], False
    for name in options.names or BENCHES:
        with contextlib.ExitStack() as stack:
            try:
                for figure in BENCHES[name](Bench(options, stack)):
                    figures.append(figure)
                    print(figure.line(), flush=True)
            except (RuntimeError, AssertionError, OSError, subprocess.SubprocessError, KeyError, ValueError) as error:
                said = getattr(error, "stderr", None) or ""
                print(f"error: the figure '{name}' could not be measured: {error}\n{said}", file=sys.stderr, flush=True)
                broken = True
    if options.json:
        options.json.write_text(json.dumps([figure.record() for figure in figures], indent=2) + "\n", encoding="utf-8")
    sys.exit(2 if broken else 1 if any(figure.holds is False for figure in figures) else 0)


if __name__ == "__main__":
    main()
