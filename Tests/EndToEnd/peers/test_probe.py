"""The golden probe with a real MLServer: recorded from a reference that is right, and what it keeps out.

The field failure: a server that says READY, answers, and is wrong (Triton with numpy 2 did). Only the answer tells.
"""

import json
import os
import pathlib
import subprocess
import threading
import unittest
import urllib.error
import urllib.request

from fleet import ROOT, Controller, RealAgent, free_port, listed, wait_for

ADDRESS, PORT = "127.0.0.42", 8097
WINE = ROOT / "Deploy/examples/wine"
INFER = "/v2/models/wine/infer"
VERSION = """
apiVersion: muster/v1
kind: ModelVersion
metadata: {name: wine-VERSION}
spec:
  model: wine
  version: VERSION
  format: sklearn
  probe: {port: http, path: /v2/models/wine/infer, request: {}, absolute: "1e-4", relative: "1e-3"}
"""
DEPLOYMENT = """
apiVersion: muster/v1
kind: Deployment
metadata: {name: wine}
spec:
  content: {model: {name: wine, version: VERSION}, runtime: mlserver}
  scope: {hosts: "shelf=one", endpoint: {port: PORT, to: http}}
  policy: {rollout: {stableFor: 1s}, rollback: {stableFor: 1s}}
"""


def infer(address, port, request):
    """The classes that a model server answers; None when nothing answers."""
    asked = urllib.request.Request(
        f"http://{address}:{port}{INFER}", data=json.dumps(request).encode(), headers={"content-type": "application/json"}
    )
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return [int(value) for value in json.load(answer)["outputs"][0]["data"]]
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None


def setUpModule():
    """A controller, a host, three trained versions, and an MLServer of the honest second one beside them."""
    global controller, agent, reference, reference_port, models, request, honest
    python = pathlib.Path(os.environ["MUSTER_MLSERVER_BIN"])
    if str(python) not in os.environ["PATH"].split(":"):
        os.environ["PATH"] += f":{python}"
    controller = Controller()
    models = controller.work / "models"
    subprocess.run([python / "python", WINE / "train.py", models], check=True, stdout=subprocess.DEVNULL)
    probe = json.loads((models / "wine-2.0.0.probe.json").read_text(encoding="utf-8"))
    request, honest = probe["request"], probe["expect"]["outputs"][0]["data"]
    (controller.work / "request.json").write_text(json.dumps(request), encoding="utf-8")
    reference_port = free_port()
    reference = subprocess.Popen(
        [python / "mlserver", "start", models / "wine-2.0.0"],
        env={**os.environ, "MLSERVER_HOST": "127.0.0.1", "MLSERVER_HTTP_PORT": str(reference_port),
             "MLSERVER_GRPC_PORT": str(free_port()), "MLSERVER_METRICS_PORT": str(free_port()),
             "MLSERVER_PARALLEL_WORKERS": "0"},
        stdin=subprocess.DEVNULL, stdout=controller.log, stderr=controller.log,
    )
    agent = RealAgent(controller, "shelf-1", ADDRESS, "shelf=one")
    controller.muster("apply", "-f", WINE / "model.yaml")
    controller.apply((WINE / "runtime.yaml").read_text(encoding="utf-8").replace("update: recreate", "update: sideBySide"))
    wait_for("the reference answers", lambda: infer("127.0.0.1", reference_port, request), seconds=60)


def tearDownModule():
    """And their end."""
    agent.close()
    # Not by SIGTERM, which `swift test` blocks in all that it starts.
    reference.kill()
    reference.wait(timeout=30)
    controller.close()


def push(version, *arguments):
    """Pushes a trained version, its probe recorded from the reference."""
    manifest = controller.work / f"{version}.yaml"
    manifest.write_text(VERSION.replace("VERSION", version), encoding="utf-8")
    return controller.run(
        "model", "push", models / f"wine-{version}", "-f", manifest, "--probe-from", f"http://127.0.0.1:{reference_port}",
        "--probe-request", controller.work / "request.json", *arguments,
    )


class GoldenProbe(unittest.TestCase):
    """Recorded, and kept."""

    def test_1_a_whole_answer_with_an_id_is_no_reference(self):
        """MLServer gives each answer an id: it differs, and is named."""
        status, text = push("2.0.0")
        self.assertEqual(status, 1, text)
        self.assertIn("answered the same request in two ways", text)
        self.assertIn("at $.id expected", text)

    def test_2_recorded_from_a_reference(self):
        """The part that does not change is stored with the version, and proves the same model elsewhere."""
        status, text = push("2.0.0", "--probe-path", "$.outputs")
        self.assertEqual(status, 0, text)
        stored = json.loads(controller.muster("get", "modelversion", "wine-2.0.0", "-o", "json"))
        probe = (stored.get("spec") or stored["modelVersion"])["probe"]
        expect = probe["expect"] if isinstance(probe["expect"], list) else json.loads(probe["expect"])
        self.assertEqual(probe["select"], "$.outputs")
        self.assertEqual(expect[0]["data"], honest)
        controller.apply(DEPLOYMENT.replace("VERSION", "2.0.0").replace("PORT", str(PORT)))
        wait_for("version 2 is verified", lambda: self.host()["state"] == "verified", seconds=90)
        self.assertEqual(infer(ADDRESS, PORT, request), honest)

    def test_3_ready_with_wrong_answers(self):
        """A server that lies never gets the endpoint: shuffled labels load, are ready, and answer."""
        status, text = push("3.0.0", "--probe-path", "$.outputs")
        self.assertEqual(status, 0, text)
        seen, over = [], threading.Event()

        def watch():
            while not over.is_set():
                seen.append(infer(ADDRESS, PORT, request))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            controller.apply(DEPLOYMENT.replace("VERSION", "3.0.0").replace("PORT", str(PORT)))
            wait_for("version 3 is given up", lambda: "aborted" in controller.muster("get", "rollouts"), seconds=120)
            wait_for("the host is back", lambda: self.host()["state"] in ("reverted", "verified"), seconds=60)
        finally:
            over.set()
            watcher.join()
        self.assertIn("at $.outputs[", controller.muster("get", "rollouts", "-o", "json"), "why it was given up")
        self.assertEqual({str(answer) for answer in seen if answer is not None}, {str(honest)}, "the liar was asked")
        self.assertEqual(infer(ADDRESS, PORT, request), honest)

    @staticmethod
    def host():
        """Where the one host stands."""
        return listed(controller, "deployments")[0]["hosts"][0]


if __name__ == "__main__":
    unittest.main()
