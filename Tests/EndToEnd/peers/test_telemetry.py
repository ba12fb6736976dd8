"""A real MLServer's figures on their way to an operator, with the controller gone for a while."""

import json
import os
import pathlib
import sqlite3
import ssl
import subprocess
import unittest
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from fleet import ROOT, Controller, RealAgent, listed, wait_for

ADDRESS = "127.0.0.42"
WINE = ROOT / "Deploy/examples/wine"
PREDICTIONS = 7


def setUpModule():
    """A controller, a host that is read every 5 s, and a real model that serves."""
    global controller, agent, request
    python = pathlib.Path(os.environ["MUSTER_MLSERVER_BIN"])
    controller = Controller()
    os.environ["PATH"] += f":{python}"
    agent = RealAgent(controller, "lyon-1", ADDRESS, "site=lyon", options=("--scrape", "5s", "--telemetry-quota", "1"))
    models = controller.work / "models"
    subprocess.run([python / "python", WINE / "train.py", models], check=True, stdout=subprocess.DEVNULL)
    request = json.dumps(json.loads((models / "wine-1.0.0.probe.json").read_text())["request"]).encode()
    # As it is shipped: its `metrics.names` are how its figures are found.
    controller.muster("apply", "-f", WINE / "model.yaml", "-f", ROOT / "Deploy/runtimes/mlserver.yaml")
    controller.muster("model", "push", models / "wine-1.0.0", "-f", WINE / "wine-1.0.0.yaml")
    controller.muster("apply", "-f", WINE / "deployment.yaml")
    wait_for("the model serves", lambda: [host["state"] for host in listed(controller, "deployments")[0]["hosts"]] ==
             ["verified"], seconds=120)


def tearDownModule():
    """And their end."""
    agent.close()
    controller.close()


def predict():
    """One prediction by the real server."""
    call = urllib.request.Request(f"http://{ADDRESS}:8080/v2/models/wine/infer", data=request,
                                  headers={"content-type": "application/json"})
    with urllib.request.urlopen(call, timeout=10) as answer:
        assert answer.status == 200


def top(subject):
    """What `muster top` knows."""
    return json.loads(controller.muster("top", subject, "-o", "json"))


def page():
    """Every sample of /metrics, by name and labels, as Prometheus' own client reads it."""
    token = json.loads((controller.data / "admin-credentials").read_text())["token"]
    call = urllib.request.Request(f"https://{controller.api}/metrics", headers={"authorization": f"Bearer {token}"})
    trust = ssl.create_default_context(cafile=controller.data / "authority.pem")
    with urllib.request.urlopen(call, timeout=10, context=trust) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return {(sample.name, *sorted(sample.labels.values())): sample.value
                for family in families for sample in family.samples}


def spooled():
    """Bytes that wait on the host."""
    return sum(file.stat().st_size for file in (agent.data / "telemetry").iterdir())


class Telemetry(unittest.TestCase):
    """One host's figures."""

    def test_figures_arrive_also_after_an_absence(self):
        for _ in range(PREDICTIONS):
            predict()
        # The golden probe was a prediction too.
        wait_for("the predictions are seen", lambda: top("replicas")[0].get("requests") == PREDICTIONS + 1, seconds=30)
        replica = top("replicas")[0]
        self.assertEqual((replica["host"], replica["deployment"], replica["inFlight"]), ("lyon-1", "wine", 0))
        self.assertGreater(replica["memory"], 50e6)
        host = top("hosts")[0]
        self.assertGreater(host["memoryUsed"], 0)
        self.assertEqual(host["processors"], os.cpu_count())
        for subject in ("hosts", "replicas", "deployments"):
            self.assertIn("AGE", controller.muster("top", subject))
        seen = page()
        self.assertEqual(seen["muster_replica_requests_total", "lyon-1", "wine"], PREDICTIONS + 1)
        self.assertEqual(seen["muster_replica_request_duration_seconds_count", "lyon-1", "wine"], PREDICTIONS + 1)
        self.assertEqual(seen["muster_hosts", "connected"], 1)
        self.assertEqual(sum(value for name, value in seen.items() if name[0] == "muster_telemetry_shed_total"), 0)

        controller.kill()
        predict()
        wait_for("figures wait on the host", lambda: spooled() > 0, seconds=30)
        first = spooled()
        wait_for("and more of them", lambda: spooled() > first, seconds=30)
        controller.start()
        wait_for("they have arrived", lambda: spooled() == 0, seconds=60)
        self.assertEqual(top("replicas")[0]["requests"], PREDICTIONS + 2)
        self.assertGreaterEqual(page()["muster_telemetry_batches_received_total",], 2)

        controller.restart()
        with sqlite3.connect(controller.data / "telemetry.sqlite") as history:
            rows = history.execute("SELECT sum(sum) FROM roll_up WHERE figure = 'host_cpu_seconds'").fetchall()
        self.assertGreater(rows[0][0], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
