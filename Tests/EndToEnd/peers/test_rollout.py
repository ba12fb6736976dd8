"""A real agent with a model server of ten lines: what goes wrong on one host, and what an operator is told about it."""

import json
import os
import signal
import socket
import textwrap
import unittest
import urllib.error
import urllib.request

from fleet import Controller, RealAgent, listed, wait_for

ADDRESS = "127.0.0.41"
SERVER = textwrap.dedent('''
    import http.server, pathlib, sys
    answer = (pathlib.Path(__file__).parent / "answer.json").read_bytes()
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200); self.end_headers()
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200); self.end_headers(); self.wfile.write(answer)
    http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
''')
RUNTIME = """
apiVersion: muster/v1
kind: Model
metadata: {name: echo}
spec: {owner: peers}
---
apiVersion: muster/v1
kind: Runtime
metadata: {name: ten-lines}
spec:
  driver: process
  command: [python3, "{model.dir}/serve.py", "{host.address}", "{port.http}"]
  ports: [http]
  update: recreate
  health: {ready: {http: {port: http, path: /ready}}}
  stop: {drain: 0s, signal: TERM, grace: 5s}
"""


def version(name, expected):
    """A manifest of a version whose probe expects this answer."""
    return f"""
apiVersion: muster/v1
kind: ModelVersion
metadata: {{name: echo-{name}}}
spec:
  model: echo
  version: "{name}"
  format: plain
  probe: {{port: http, path: /, request: {{ask: 1}}, expect: {{answer: {expected}}}}}
"""


def deployment(name, port, wanted):
    """A manifest of a deployment on the one host."""
    return f"""
apiVersion: muster/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  content: {{model: {{name: echo, version: "{wanted}"}}, runtime: ten-lines}}
  scope: {{hosts: "rack=one", endpoint: {{port: {port}, to: http}}}}
  policy: {{rollout: {{stableFor: 300ms}}, rollback: {{stableFor: 300ms}}}}
"""


def ask(port):
    """What the model server answers; None when nothing does, or it is stopped before it has answered."""
    request = urllib.request.Request(f"http://{ADDRESS}:{port}/", data=b"{}")
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)["answer"]
    except (urllib.error.URLError, ConnectionError, json.JSONDecodeError):
        return None


def setUpModule():
    """A controller, a host, good versions, one whose probe is not met, one that waits at a gate and one that can be broken."""
    global controller, agent
    controller = Controller()
    agent = RealAgent(controller, "rack-1", ADDRESS, "rack=one")
    controller.apply(RUNTIME)
    os.mkfifo(controller.work / "gate")
    slow = f"open('{controller.work / 'gate'}').close()\n"
    fragile = f"import os, sys\nif os.path.exists('{controller.work / 'broken'}'): sys.exit(7)\n"
    versions = (("1", 1, 1, ""), ("2", 2, 2, ""), ("wrong", 3, 4, ""), ("slow", 5, 5, slow), ("fragile", 6, 6, fragile))
    for name, answer, expected, first in versions:
        files = {"serve.py": first + SERVER, "answer.json": json.dumps({"answer": answer})}
        controller.push(f"echo-{name}", version(name, expected), files)


def tearDownModule():
    """And their end."""
    agent.close()
    controller.close()


class Rollouts(unittest.TestCase):
    """One host through good and bad."""

    def roll_out(self, name, port, wanted):
        """Applies, waits for the rollout's end; exit status and text."""
        controller.apply(deployment(name, port, wanted))
        return controller.run("rollout", "status", name, "-w")

    def replica(self, name):
        """What the one host says of a deployment."""
        found = [item for item in listed(controller, "deployments") if item["deployment"]["name"] == name]
        return found[0]["hosts"][0]

    def test_wrong_answer_goes_back(self):
        status, text = self.roll_out("probed", 8101, "1")
        self.assertEqual(status, 0, text)
        self.assertEqual(ask(8101), 1)
        status, text = self.roll_out("probed", 8101, "wrong")
        self.assertEqual(status, 1, text)
        self.assertRegex(text, r"first wave failed: rack-1: .*(answer|expect)", "what failed, not what is done about it")
        wait_for("version 1 is back", lambda: ask(8101) == 1)
        wait_for("and is told", lambda: (self.replica("probed").get("serving") or {}).get("version") == "1")
        status, text = controller.run("explain", "deployment/probed")
        self.assertIn("rollout", text)
        status, text = self.roll_out("probed", 8101, "2")
        self.assertEqual(status, 0, text)
        self.assertEqual(ask(8101), 2)

    def test_taken_port_is_refused(self):
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind((ADDRESS, 8102))
            other.listen()
            status, text = self.roll_out("shadowed", 8102, "1")
            self.assertEqual(status, 1, text)
            self.assertIn("8102", text)

    def test_crashed_server_is_started_again(self):
        status, text = self.roll_out("crashing", 8103, "1")
        self.assertEqual(status, 0, text)
        pid = self.replica("crashing")["instance"]["pid"]
        os.kill(pid, signal.SIGKILL)
        wait_for("it answers again", lambda: ask(8103) == 1, seconds=45)
        wait_for("under another pid", lambda: (self.replica("crashing").get("instance") or {}).get("pid") not in (None, pid))
        self.assertGreater(self.replica("crashing")["instance"]["restarts"], 0)

    def test_deletion_stops_it(self):
        status, text = self.roll_out("deleted", 8104, "1")
        self.assertEqual(status, 0, text)
        controller.muster("delete", "deployment/deleted")
        wait_for("nothing listens", lambda: ask(8104) is None)
        wait_for("it is gone", lambda: "deleted" not in controller.muster("get", "deployments", "-o", "name"))

    def test_revoked_host_comes_back_with_what_it_serves(self):
        status, text = self.roll_out("kept", 8106, "1")
        self.assertEqual(status, 0, text)
        pid = self.replica("kept")["instance"]["pid"]
        controller.muster("host", "revoke", "rack-1", "--reason", "a drill", "--confirm", "rack-1")
        status, text = agent.enroll("--again")
        self.assertEqual(status, 1, text)
        self.assertIn("another muster-agent runs", text)
        agent.process.terminate()
        agent.process.wait(timeout=30)
        wait_for("it is forgotten", lambda: controller.run("host", "delete", "rack-1", "--confirm", "rack-1")[0] == 0)
        status, text = agent.enroll()
        self.assertEqual(status, 1, text)
        self.assertIn("--again", text)
        status, text = agent.enroll("--again")
        self.assertEqual(status, 0, text)
        agent.start()
        wait_for("it is the host's again", lambda: (self.replica("kept").get("serving") or {}).get("version") == "1", seconds=60)
        self.assertEqual((self.replica("kept")["instance"]["pid"], ask(8106)), (pid, 1), "it has served on")
        self.assertNotIn("quarantine", controller.muster("get", "hosts") + controller.muster("describe", "host", "rack-1"))
        status, text = self.roll_out("kept", 8106, "2")
        self.assertEqual((status, ask(8106)), (0, 2), text)

    def test_agent_killed_in_mid_transition(self):
        status, text = self.roll_out("torn", 8105, "1")
        self.assertEqual(status, 0, text)
        controller.apply(deployment("torn", 8105, "2"))
        wait_for("the transition has begun", lambda: self.replica("torn")["state"] != "verified")
        agent.process.kill()
        agent.process.wait()
        agent.start()
        status, text = controller.run("rollout", "status", "torn", "-w")
        wait_for(
            "either version is proven",
            lambda: self.replica("torn")["state"] in ("verified", "reverted")
            and str(ask(8105)) == (self.replica("torn").get("serving") or {}).get("version"),
        )

    def explained(self, name):
        """Why it is not where it should be, as `explain` prints it."""
        return controller.run("explain", f"deployment/{name}")[1]

    def open_gate(self):
        """Lets the slow version go on; whether it waited there."""
        try:
            os.close(os.open(controller.work / "gate", os.O_WRONLY | os.O_NONBLOCK))
            return True
        except OSError:
            return False

    def test_newer_says_what_it_waits_for(self):
        for answer, end in ((2, self.open_gate), (1, lambda: controller.muster("rollout", "abort", "overtaken", "--reason", "x"))):
            with self.subTest(answer=answer):
                status, text = self.roll_out("overtaken", 8107, "1")
                self.assertEqual(status, 0, text)
                controller.apply(deployment("overtaken", 8107, "slow"))
                wait_for("it starts", lambda: self.replica("overtaken")["state"] == "starting")
                controller.apply(deployment("overtaken", 8107, "2"))
                wait_for(
                    "what it waits for",
                    lambda: "rack-1 waits for what was begun there before this rollout" in self.explained("overtaken"),
                )
                self.assertIn("waits for 1 host to end what was begun there before", controller.muster("get", "rollouts", "-o", "wide"))
                wait_for("its end", end)
                wait_for("what follows", lambda: ask(8107) == answer, seconds=45)
        controller.muster("rollout", "retry", "overtaken")
        status, text = controller.run("rollout", "status", "overtaken", "-w")
        self.assertEqual((status, ask(8107)), (0, 2), text)

    def test_newer_takes_the_place_of_what_dies_again_and_again(self):
        status, text = self.roll_out("dying", 8108, "fragile")
        self.assertEqual(status, 0, text)
        (controller.work / "broken").touch()
        os.kill(self.replica("dying")["instance"]["pid"], signal.SIGKILL)
        wait_for("it dies", lambda: "started again" in (self.replica("dying").get("reason") or ""), seconds=45)
        controller.apply(deployment("dying", 8108, "2"))
        status, text = controller.run("rollout", "status", "dying", "-w")
        self.assertEqual((status, ask(8108)), (0, 2), text)

    def test_newer_takes_the_place_of_what_cannot_begin(self):
        status, text = self.roll_out("held-up", 8109, "1")
        self.assertEqual(status, 0, text)
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind((ADDRESS, 8110))
            other.listen()
            controller.apply(deployment("held-up", 8110, "1"))
            wait_for("it cannot move to the port", lambda: "it is tried again" in (self.replica("held-up").get("reason") or ""))
            self.assertEqual(ask(8109), 1, "nothing of it is touched")
            status, text = self.roll_out("held-up", 8111, "2")
        self.assertEqual((status, ask(8111)), (0, 2), text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
