"""How models come to a host: as fast as the wire and the hash allow, and never in the way of a command."""

import os
import re
import shutil
import subprocess
import time

from fleet import BIN, Controller, free_port, wait_for
from measure import CLIENT_CORE, Figure, alternating, pinned

GIB, MEGA = 1 << 30, 1000 * 1000
#: What fills the thin link is far more than it carries while the commands are sent.
FILLING, ENOUGH, COMMANDS = 64 << 20, 256 << 10, 10
NEAR, FAR = "10.91.0.1", "10.91.0.2"


def manifests(name, text):
    """A model, its only version, and a runtime whose processes are never asked anything."""
    return (
        f"apiVersion: muster/v1\nkind: Model\nmetadata: {{name: {name}}}\n"
        "spec: {owner: bench, riskTier: low, purpose: bench}\n"
        "---\napiVersion: muster/v1\nkind: Runtime\nmetadata: {name: idle}\nspec:\n  driver: process\n"
        "  command: [python3, -m, http.server, \"{port.http}\", --bind, \"{host.address}\"]\n  ports: [http]\n"
        "  update: recreate\n  health: {ready: {http: {port: http, path: /}}}\n  stop: {drain: 0s, signal: TERM, grace: 5s}\n",
        f"apiVersion: muster/v1\nkind: ModelVersion\nmetadata: {{name: {name}-1}}\n"
        f"spec: {{model: {name}, version: \"1\", format: {text}}}\n",
    )


def deployment(name, model, site, port):
    """A deployment of a model's only version."""
    return (
        f"apiVersion: muster/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n"
        f"  content: {{model: {{name: {model}, version: \"1\"}}, runtime: idle}}\n"
        f"  scope: {{hosts: site={site}, endpoint: {{port: {port}, to: http}}}}\n"
    )


def push(bench, controller, name, size):
    """Pushes a model of one file with so many bytes that nothing can make smaller; the file."""
    directory = bench.work / name
    directory.mkdir(exist_ok=True)
    with open(directory / "weights", "wb") as file:
        for _ in range(0, size, 1 << 20):
            file.write(os.urandom(min(size, 1 << 20)))
    catalogue, version = manifests(name, "raw")
    controller.apply(catalogue)
    path = bench.work / f"{name}.yaml"
    path.write_text(version, encoding="ascii")
    subprocess.run(
        [BIN / "muster", "model", "push", directory, "-f", path, "--no-progress"], env=controller.environment,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=300,
    )
    return directory / "weights"


class Fetcher:
    """An enrolled agent with a log of its own, perhaps in a network namespace."""

    def __init__(self, bench, controller, name, address, agents, inside=()):
        self.data, self.log = bench.work / name, bench.work / f"{name}.log"
        token = controller.token("--label", f"site={name}")
        subprocess.run(
            [*inside, BIN / "muster-agent", "enroll", "--controller", agents, "--token", token, "--data", self.data,
             "--name", name, "--address", address],
            env=controller.environment, capture_output=True, text=True, check=True, timeout=60,
        )
        bench.stack.callback(shutil.rmtree, self.data, True)
        bench.stack.callback(bench.end_inside, self.data)
        bench.stack.callback(self.close)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*inside, *pinned(CLIENT_CORE, [BIN / "muster-agent", "run", "--data", self.data, "--endpoint", "off"])],
                env={**controller.environment, "MUSTER_LOG_LEVEL": "info"}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )

    def said(self, text):
        """The lines of the log that say something."""
        return [line for line in self.log.read_text(errors="replace").splitlines() if text in line]

    def close(self):
        """Ends the agent."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=30)


def blobs(bench):
    """1 GiB from the controller to an agent's disk, verified, by the agent's own account; peer: curl from nghttpd, then
    sha256sum."""
    controller = bench.controller()
    weights = push(bench, controller, "big", GIB)
    _, peer_url = bench.nghttpd()
    os.link(weights, bench.work / "files/weights")
    took = iter(range(1000))

    def ours():
        number = next(took)
        name = f"fetcher-{number}"
        fetcher = Fetcher(bench, controller, name, "127.0.0.33", controller.agents)
        controller.apply(deployment(f"big-{number}", "big", name, 9300 + number))
        line = wait_for(
            "the model has come",
            lambda: [found for found in fetcher.said("blob fetched and verified") if f"bytes={GIB}" in found], seconds=180,
        )[0]
        fetcher.close()
        bench.end_inside(fetcher.data)
        shutil.rmtree(fetcher.data, True)
        return GIB / MEGA / (int(re.search(r"\bms=(\d+)", line)[1]) / 1000)

    def theirs():
        copy = bench.work / "copy"
        began = time.monotonic()
        fetch = ["curl", "--silent", "--show-error", "--fail", "--http2", "--cacert", bench.certificate, "--output", copy,
                 f"{peer_url}/weights"]
        subprocess.run(pinned(CLIENT_CORE, fetch), check=True, timeout=180)
        subprocess.run(pinned(CLIENT_CORE, ["sha256sum", copy]), check=True, capture_output=True, timeout=180)
        speed = GIB / MEGA / (time.monotonic() - began)
        copy.unlink()
        return speed

    value, other = alternating(bench.options.rounds, ours, theirs)
    yield Figure("blob_download_1GiB_verified", value, "MB/s", other, ">=0.8x", "durable on disk; the peer's is not synced")


class OpenController(Controller):
    """A controller whose port for agents is reached from outside."""

    def start(self):
        """Listens on every address."""
        self.agents = f"0.0.0.0:{self.agents.rpartition(':')[2]}"
        super().start()


def command(bench):
    """How long a command takes to an agent whose download fills a link of 1 Mbit/s."""
    space = f"muster-thin-{os.getpid()}"

    def run(*words):
        done = subprocess.run([*words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, words))}: {done.stderr}")

    run("ip", "netns", "add", space)
    bench.stack.callback(run, "ip", "netns", "delete", space)
    run("ip", "link", "add", "thin0", "type", "veth", "peer", "name", "thin1", "netns", space)
    run("ip", "address", "add", f"{NEAR}/24", "dev", "thin0")
    run("ip", "link", "set", "thin0", "up")
    for words in (("address", "add", f"{FAR}/24", "dev", "thin1"), ("link", "set", "thin1", "up"), ("link", "set", "lo", "up")):
        run("ip", "-n", space, *words)
    controller = OpenController()
    bench.stack.callback(controller.close)
    push(bench, controller, "filling", FILLING)
    port = controller.agents.rpartition(":")[2]
    fetcher = Fetcher(bench, controller, "thin", FAR, f"{NEAR}:{port}", inside=["ip", "netns", "exec", space])
    wait_for("the agent has a session", lambda: '"connected" : true' in controller.muster("get", "hosts", "-o", "json")
             or '"connected":true' in controller.muster("get", "hosts", "-o", "json"))
    run("tc", "qdisc", "add", "dev", "thin0", "root", "tbf", "rate", "1mbit", "burst", "16kb", "latency", "400ms")
    controller.apply(deployment("filling", "filling", "thin", 9400))

    def come():
        return sum(path.stat().st_size for path in (fetcher.data / "blobs/partial").iterdir())

    wait_for("the link is full", lambda: come() >= ENOUGH, seconds=60)
    took = []
    for number in range(COMMANDS):
        before = len(fetcher.said("assignment received"))
        began = time.monotonic()
        controller.apply(deployment(f"next-{number}", "filling", "thin", 9401 + number))
        while len(fetcher.said("assignment received")) == before:
            if time.monotonic() - began > 30:
                raise RuntimeError("a command did not arrive within 30 s")
            time.sleep(0.005)
        took.append(time.monotonic() - began)
    if come() >= FILLING:
        raise RuntimeError("the download ended before the commands were sent")
    note = f"the longest of {COMMANDS}, from `muster apply` on; shortest {min(took):.2f} s"
    yield Figure("command_during_download_1Mbit", max(took), "s", None, "<=1", note)
