"""What one host does after a bad moment: taking over what runs, and bringing back what was verified."""

import http.client
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import time

from fleet import BIN, ROOT, listed, wait_for
from measure import CLIENT_CORE, Figure

REPLICAS = 20
SERVER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *arguments):
        pass
http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
"""


class Host:
    """An enrolled agent of a controller, on an address of its own."""

    def __init__(self, bench, controller, name, address):
        self.bench, self.data, self.address = bench, bench.work / name, address
        self.log = bench.work / "muster-agent.log"
        status, text = controller.run(
            "enroll", "--controller", controller.agents, "--token", controller.token("--label", "site=lyon"),
            "--data", self.data, "--name", name, "--address", address, program="muster-agent",
        )
        if status != 0:
            raise RuntimeError(text)
        # Undone in reverse order: the agent ends first, or it would start its replicas again.
        bench.stack.callback(bench.end_inside, self.data)
        self.process = None

    def start(self):
        """Starts the agent; when it did, on the clock of `time.monotonic`."""
        began = time.monotonic()
        self.process = self.bench.start(
            BIN / "muster-agent", "run", "--data", self.data, "--endpoint", "off", core=CLIENT_CORE
        )
        return began

    def kill(self):
        """Ends the agent alone, without a warning."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def said(self, text, after):
        """How often the log says so, past so many bytes."""
        return len(re.findall(text, self.log.read_bytes()[after:].decode(errors="replace")))


def ready(address, port, path):
    """Whether an HTTP GET is answered 200."""
    connection = http.client.HTTPConnection(address, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def why(controller):
    """Where deployments stand, and why the first of those that are not at rest is not."""
    for deployment in listed(controller, "deployments"):
        if any(entry.get("state") != "verified" for entry in deployment["hosts"]) or not deployment["hosts"]:
            name = deployment["deployment"]["name"]
            return f"{controller.muster('get', 'deployments')}{controller.muster('explain', f'deployment/{name}')}"
    return controller.muster("get", "deployments")


def adoption(bench):
    """From the agent's start until 20 replicas that run are taken over, the same processes as before."""
    controller = bench.controller(log_level="info")
    model = bench.work / "tiny"
    model.mkdir()
    (model / "server.py").write_text(SERVER, encoding="ascii")
    version = bench.work / "tiny.yaml"
    version.write_text(
        "apiVersion: muster/v1\nkind: ModelVersion\nmetadata: {name: tiny-1}\n"
        "spec: {model: tiny, version: \"1\", format: python}\n", encoding="ascii",
    )
    controller.apply(
        "apiVersion: muster/v1\nkind: Model\nmetadata: {name: tiny}\nspec: {owner: bench, riskTier: low, purpose: bench}\n"
        "---\napiVersion: muster/v1\nkind: Runtime\nmetadata: {name: tiny}\nspec:\n  driver: process\n"
        "  command: [python3, \"{model.dir}/server.py\", \"{host.address}\", \"{port.http}\"]\n  ports: [http]\n"
        "  update: recreate\n  health: {ready: {http: {port: http, path: /}}}\n"
        "  stop: {drain: 0s, signal: TERM, grace: 5s}\n"
    )
    controller.muster("model", "push", model, "-f", version)
    host = Host(bench, controller, "adopting", "127.0.0.32")
    host.start()
    for number in range(REPLICAS):
        controller.apply(
            f"apiVersion: muster/v1\nkind: Deployment\nmetadata: {{name: tiny-{number}}}\nspec:\n"
            "  content: {model: {name: tiny, version: \"1\"}, runtime: tiny}\n"
            f"  scope: {{hosts: site=lyon, endpoint: {{port: {9200 + number}, to: http}}}}\n"
            "  policy: {rollout: {stableFor: 1s}, rollback: {stableFor: 1s}}\n"
        )

    def pids():
        return sorted(
            entry["instance"]["pid"] for deployment in listed(controller, "deployments") for entry in deployment["hosts"]
            if entry.get("state") == "verified" and entry.get("instance")
        )

    try:
        wait_for("every replica is verified", lambda: len(pids()) == REPLICAS, seconds=180)
    except AssertionError as error:
        raise RuntimeError(f"{error}\n{why(controller)}") from error
    before, took = pids(), []
    for _ in range(bench.options.rounds):
        host.kill()
        size = host.log.stat().st_size
        began = host.start()
        while host.said("replica adopted", size) < REPLICAS:
            if time.monotonic() - began > 30:
                raise RuntimeError(f"{host.said('replica adopted', size)} of {REPLICAS} were adopted in 30 s")
            time.sleep(0.005)
        took.append(time.monotonic() - began)
    wait_for("the controller hears of the same processes", lambda: pids() == before, seconds=30)
    yield Figure("agent_adopts_20_replicas", statistics.median(took), "s", None, "<=1", "the same processes as before")


def boot(bench):
    """From the agent's start on a host where nothing runs until the model answers; peer: the model server by hand."""
    controller = bench.controller()
    wine = ROOT / "Deploy/examples/wine"
    python = pathlib.Path(os.environ["MUSTER_MLSERVER_BIN"])
    subprocess.run([python / "python", wine / "train.py", bench.work / "models"], check=True, stdout=subprocess.DEVNULL)
    controller.muster("apply", "-f", wine / "model.yaml", "-f", wine / "runtime.yaml")
    controller.muster("model", "push", bench.work / "models/wine-1.0.0", "-f", wine / "wine-1.0.0.yaml")
    os.environ["PATH"] += f":{python}"
    host = Host(bench, controller, "booting", "127.0.0.33")
    host.start()
    controller.muster("apply", "-f", wine / "deployment.yaml")

    def proven():
        hosts = listed(controller, "deployments")[0]["hosts"]
        return hosts and hosts[0]["state"] == "verified"

    wait_for("the replica is proven", proven, seconds=120)
    controller.close()
    path = "/v2/models/wine/ready"
    ours, alone = [], []
    for _ in range(bench.options.rounds):
        host.kill()
        bench.end_inside(host.data)
        began = host.start()
        ours.append(until(began, lambda: ready(host.address, 8080, path)))
        alone.append(by_hand(bench, path))
    value, other = statistics.median(ours), statistics.median(alone)
    note = f"{value:.2f} s against {other:.2f} s for the model server started by hand; the controller is gone"
    yield Figure("boot_to_serving_beyond_server", value - other, "s", None, "<=1", note)


def by_hand(bench, path):
    """How long the model server itself needs."""
    model = bench.work / "by-hand"
    shutil.rmtree(model, ignore_errors=True)
    shutil.copytree(bench.work / "models/wine-1.0.0", model)
    environment = {
        **os.environ, "MLSERVER_HOST": "127.0.0.34", "MLSERVER_HTTP_PORT": "8080", "MLSERVER_GRPC_PORT": "8081",
        "MLSERVER_METRICS_PORT": "8082", "MLSERVER_PARALLEL_WORKERS": "0",
    }
    began = time.monotonic()
    server = subprocess.Popen(
        ["taskset", "-c", str(CLIENT_CORE), "mlserver", "start", model], env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        return until(began, lambda: ready("127.0.0.34", 8080, path))
    finally:
        server.kill()
        server.wait()


def until(began, done):
    """Seconds since then until it is so; asked fifty times a second."""
    while not done():
        if time.monotonic() - began > 120:
            raise RuntimeError("the model does not answer after 120 s")
        time.sleep(0.02)
    return time.monotonic() - began
