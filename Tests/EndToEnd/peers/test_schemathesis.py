"""The API as a stranger would use it who has only read Protocols/openapi.yaml: every operation with what the description allows
and with what it does not, and chains of operations along the description's links. Every check of schemathesis must hold.

A short run of a fixed seed unless MUSTER_SCHEMATHESIS_SECONDS says how long it may take; then the seed is another each time.
"""

import json
import os
import pathlib
import random
import subprocess
import textwrap
import unittest

from fleet import ROOT, Controller, PeerAgent, link, wait_for

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = os.environ.get("MUSTER_SCHEMATHESIS", "st")
SECONDS = int(os.environ.get("MUSTER_SCHEMATHESIS_SECONDS", "0"))
OBJECTS = textwrap.dedent('''
    apiVersion: muster/v1
    kind: Model
    metadata: {name: wine, labels: {team: risk}}
    spec: {owner: peers}
    ---
    apiVersion: muster/v1
    kind: Runtime
    metadata: {name: ten-lines}
    spec:
      driver: process
      command: [python3, "{model.dir}/serve.py", "{port.http}"]
      ports: [http]
      update: recreate
      health: {ready: {http: {port: http, path: /ready}}}
      stop: {drain: 0s, signal: TERM, grace: 5s}
''')
VERSION = textwrap.dedent('''
    apiVersion: muster/v1
    kind: ModelVersion
    metadata: {name: wine-1}
    spec:
      model: wine
      version: "1"
      format: plain
      probe: {port: http, path: /, request: {ask: 1}, expect: {answer: 1}}
''')
BROUGHT = textwrap.dedent('''
    apiVersion: muster/v1
    kind: Runtime
    metadata: {name: brought}
    spec:
      driver: systemd
      bundle: {install: directory}
      command: [python3, "{runtime.dir}/serve.py", "{port.http}"]
      ports: [http]
      update: recreate
      health: {ready: {http: {port: http, path: /ready}}}
      systemd: {user: models}
''')
DEPLOYMENT = textwrap.dedent('''
    apiVersion: muster/v1
    kind: Deployment
    metadata: {name: wine, labels: {team: risk}}
    spec:
      content: {model: {name: wine, version: "1"}, runtime: ten-lines}
      scope: {hosts: "site=lyon", endpoint: {port: 8080, to: http}}
      policy: {rollout: {stableFor: 1s}, rollback: {stableFor: 1s}}
''')


def setUpModule():
    """A controller with one of everything, and a host that stands in the middle of its rollout."""
    global controller, session
    controller = Controller()
    session = None
    controller.apply(OBJECTS)
    controller.push("wine-1", VERSION, {"serve.py": "print()"})
    manifest = controller.work / "brought.yaml"
    manifest.write_text(BROUGHT, encoding="utf-8")
    controller.muster("runtime", "push", controller.work / "wine-1", "-f", manifest)
    session = PeerAgent(controller, "lyon-1", site="lyon").session()
    session.send(status=link.Status(sequence=1, full=True, facts=link.HostFacts(agent_version="peer", address="10.0.0.7")))
    session.lease()
    controller.apply(DEPLOYMENT)
    wait_for("the rollout has begun", lambda: "lyon-1" in controller.muster("rollout", "status", "wine"))


def tearDownModule():
    """And their end."""
    if session:
        session.close()
    controller.close()


class Description(unittest.TestCase):
    """What is described is so, and what is not described does not happen."""

    def test_every_check_holds(self):
        token = json.loads((controller.data / "admin-credentials").read_text(encoding="utf-8"))["token"]
        seed = random.SystemRandom().randrange(1 << 31) if SECONDS else 20261122
        bounds = ["--max-time", str(SECONDS)] if SECONDS else ["--max-examples", "3"]
        done = subprocess.run(
            [PROGRAM, "--config-file", str(HERE / "schemathesis.toml"), "run",
             str(ROOT / "Protocols/openapi.yaml"), "--url", f"https://{controller.api}",
             "--tls-verify", str(controller.data / "authority.pem"), "--seed", str(seed), "--no-color", *bounds],
            cwd=controller.work, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            timeout=SECONDS + 240, env={
                **os.environ, "MUSTER_TOKEN": token, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(HERE),
                "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "ignore",
            },
        )
        said = done.stdout[-12000:] + done.stderr[-2000:]
        self.assertEqual(done.returncode, 0, f"seed {seed}:\n{said}\n{controller.said()}")
        self.assertIsNone(controller.process.poll(), "the controller has ended")


if __name__ == "__main__":
    unittest.main()
