"""A real controller and a real agent: what the host's own policy refuses, and that it takes nothing down."""

import json
import os
import pathlib
import shutil
import subprocess
import unittest
import urllib.request

import policy
from fleet import BIN, Controller, RealAgent, listed, wait_for
from test_rollout import SERVER, version

KEYED = """import os
secret = os.environ["DB_PASSWORD"]
print("the password is", secret, flush=True)
answer = b'{"answer": %d}' % len(secret)"""

ADDRESS, PORT = "127.0.0.44", 8105
PYTHON = shutil.which("python3")
RUNTIMES = """
apiVersion: muster/v1
kind: Model
metadata: {name: echo}
spec: {owner: peers}
---
apiVersion: muster/v1
kind: Runtime
metadata: {name: by-python}
spec:
  driver: process
  command: [python3, "{model.dir}/serve.py", "{host.address}", "{port.http}"]
  ports: [http]
  update: recreate
  health: {ready: {http: {port: http, path: /ready}}}
  stop: {drain: 0s, signal: TERM, grace: 5s}
---
apiVersion: muster/v1
kind: Runtime
metadata: {name: by-shell}
spec:
  driver: process
  requires: [{command: [touch, "TRACE"]}]
  command: [sh, -c, "touch TRACE; exec python3 {model.dir}/serve.py {host.address} {port.http}"]
  ports: [http]
  update: recreate
  health: {ready: {http: {port: http, path: /ready}}}
  stop: {drain: 0s, signal: TERM, grace: 5s}
"""


def deployment(wanted, runtime):
    """A manifest of the one deployment."""
    return f"""
apiVersion: muster/v1
kind: Deployment
metadata: {{name: bounded}}
spec:
  content: {{model: {{name: echo, version: "{wanted}"}}, runtime: {runtime}}}
  scope: {{hosts: "rack=one", endpoint: {{port: {PORT}, to: http}}}}
  policy: {{rollout: {{stableFor: 300ms}}, rollback: {{stableFor: 300ms}}}}
"""


def ask(port):
    """What the model server answers."""
    with urllib.request.urlopen(f"http://{ADDRESS}:{port}/", data=b"{}", timeout=5) as answer:
        return json.load(answer)["answer"]


def retry(name):
    """Ends a rollout that its one host has refused, and begins it again; exit status and text of the new one."""
    controller.muster("rollout", "abort", name, "--reason", "the host was put right")
    controller.muster("rollout", "retry", name)
    return controller.run("rollout", "status", name, "-w")


def write(*lines):
    """The host's policy, replaced as a whole."""
    part = rules.with_suffix(".part")
    part.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    part.chmod(0o644)
    part.replace(rules)


def setUpModule():
    """A controller, a host with a policy, and two good versions."""
    global controller, agent, rules, trace
    controller = Controller()
    rules, trace = controller.work / "policy.conf", controller.work / "trace"
    write(f"users = {policy.USER}", f"executables = {PYTHON}")
    agent = RealAgent(controller, "rack-1", ADDRESS, "rack=one", options=("--policy", rules))
    controller.apply(RUNTIMES.replace("TRACE", str(trace)))
    for name, answer in (("1", 1), ("2", 2)):
        controller.push(f"echo-{name}", version(name, answer), {"serve.py": SERVER, "answer.json": json.dumps({"answer": answer})})


def tearDownModule():
    """And their end."""
    agent.close()
    controller.close()


class Policy(unittest.TestCase):
    """One host that allows one program."""

    def roll_out(self, wanted, runtime):
        """Applies and waits for the rollout's end; exit status and text."""
        controller.apply(deployment(wanted, runtime))
        return controller.run("rollout", "status", "bounded", "-w")

    def host(self):
        """What the one host says of the deployment."""
        return listed(controller, "deployments")[0]["hosts"][0]

    def test_story(self):
        status, text = self.roll_out("1", "by-python")
        self.assertEqual(status, 0, text)
        pid = self.host()["instance"]["pid"]

        # A program that the policy does not name is not run, nor what its runtime would ask with.
        status, text = self.roll_out("2", "by-shell")
        self.assertEqual(status, 1, text)
        rule = f"rule 'executables' ({rules}:2) allows {PYTHON} alone"
        self.assertIn(rule, text)
        self.assertIn("'sh' (", text)
        self.assertIn("may not be run on rack-1", text)
        status, text = controller.run("explain", "deployment/bounded")
        self.assertIn(rule, text)
        self.assertFalse(trace.exists(), "nothing forbidden was executed")
        self.assertEqual((self.host()["instance"]["pid"], self.host()["serving"]["version"]), (pid, "1"))

        # A policy that cannot be read is not as if there were none.
        write(f"user = {policy.USER}")
        place = f"{rules}:1:1: there is no rule 'user'; did you mean 'users'?"
        wait_for("the host warns", lambda: place in controller.muster("describe", "host", "rack-1"))
        status, text = controller.run("check", "--data", agent.data, "--endpoint", "off", "--policy", rules, program="muster-agent")
        self.assertEqual(status, 1, text)
        self.assertIn(place, text)
        status, text = controller.run("status", "--data", agent.data, program="muster-agent")
        self.assertIn(f"warning: nothing new is started here, and what serves goes on, because the host's policy {rules}", text)
        status, text = self.roll_out("2", "by-python")
        self.assertEqual(status, 1, text)
        self.assertIn(place, text)
        self.assertEqual((self.host()["instance"]["pid"], self.host()["serving"]["version"]), (pid, "1"))

        # One that has become narrower takes nothing down, and says what it would not start again.
        write(f"users = {policy.USER}", "executables = /opt/nothing")
        wait_for(
            "the host warns of what serves",
            lambda: "what deployment 'bounded' serves is no longer allowed here; it goes on"
            in controller.muster("describe", "host", "rack-1"),
        )
        self.assertEqual(self.host()["instance"]["pid"], pid)

        # And what is allowed again goes on at once: the agent has run all the time.
        write(f"users = {policy.USER}", f"executables = {PYTHON}")
        status, text = retry("bounded")
        self.assertEqual(status, 0, text)
        self.assertEqual(self.host()["serving"]["version"], "2")
        wait_for("the warning goes", lambda: "no longer allowed" not in controller.muster("describe", "host", "rack-1"))


class Secrets(unittest.TestCase):
    """A variable that has the text of a file of the host."""

    SECRET = "kept-from-everybody-7391"

    def manifest(self, path):
        """The deployment of the second story."""
        return f"""
apiVersion: muster/v1
kind: Deployment
metadata: {{name: keyed}}
spec:
  content:
    model: {{name: keyed, version: "1"}}
    runtime: by-python
    environment: {{DB_PASSWORD: {{file: {path}}}}}
  scope: {{hosts: "rack=one", endpoint: {{port: {PORT + 1}, to: http}}}}
  policy: {{rollout: {{stableFor: 300ms}}, rollback: {{stableFor: 300ms}}}}
"""

    def roll_out(self, path):
        """Applies and waits for the rollout's end; exit status and text."""
        controller.apply(self.manifest(path))
        return controller.run("rollout", "status", "keyed", "-w")

    def test_story(self):
        secrets = controller.work / "secrets"
        secrets.mkdir(mode=0o700)
        path = secrets / "db"
        write(f"users = {policy.USER}", f"executables = {PYTHON}", f"secrets = {secrets}")
        # It says what it was given, to whoever asks and in its log.
        server = SERVER.replace('answer = (pathlib.Path(__file__).parent / "answer.json").read_bytes()', KEYED)
        self.assertIn("DB_PASSWORD", server)
        keyed = version("1", len(self.SECRET)).replace("name: echo", "name: keyed").replace("model: echo", "model: keyed")
        controller.apply("apiVersion: muster/v1\nkind: Model\nmetadata: {name: keyed}\nspec: {owner: peers}\n")
        controller.push("keyed-1", keyed, {"serve.py": server})

        # Not there, open to everybody, out of bounds: each refused before anything moves, with the variable and the file.
        status, text = self.roll_out(path)
        self.assertEqual(status, 1, text)
        self.assertIn(f"variable DB_PASSWORD cannot be given on rack-1: the file {path} cannot be found", text)
        path.write_text(self.SECRET + "\n", encoding="ascii")
        path.chmod(0o644)
        status, text = retry("keyed")
        self.assertEqual(status, 1, text)
        self.assertIn("is open to everybody on the host", text)
        status, text = self.roll_out("/etc/shadow")
        self.assertEqual(status, 1, text)
        self.assertIn(f"asks for the text of /etc/shadow, which rule 'secrets' ({rules}:3) does not allow", text)

        path.chmod(0o600)
        status, text = self.roll_out(path)
        self.assertEqual(status, 0, text)
        self.assertEqual(ask(PORT + 1), len(self.SECRET), "the server has it")

        # And nobody else: not what operators are told, not what is stored, logged or sent.
        support = controller.work / "support"
        controller.muster("support-bundle", "rack-1", "--to", support)
        gathered = {str(file.relative_to(support)): file.read_bytes() for file in support.rglob("*") if file.is_file()}
        self.assertIn(b"the password is [redacted]", gathered["hosts/rack-1/logs/keyed.log"])
        logged = (agent.data / "logs/keyed.log").read_text(encoding="utf-8")
        self.assertIn(self.SECRET, logged, "the server is a careless one")
        said = [text.encode() for text in (
            controller.muster("get", "deployment", "keyed", "-o", "json"), controller.muster("describe", "deployment", "keyed"),
            controller.muster("get", "hosts", "-o", "json"), controller.muster("explain", "deployment/keyed"),
            controller.muster("audit", "-o", "json"),
        )]
        self.assertTrue(any(str(path).encode() in text for text in said), "the reference is shown")
        stored = [file.read_bytes() for file in controller.data.rglob("*") if file.is_file()]
        written = [controller.work / "controller.log", controller.work / "rack-1.log", agent.data / "journal"]
        for text in [*gathered.values(), *said, *stored, *(file.read_bytes() for file in written)]:
            self.assertNotIn(self.SECRET.encode(), text)
        for specification in (agent.data / "replicas").glob("*/spec"):
            self.assertEqual(specification.stat().st_mode & 0o077, 0)


class Naming(unittest.TestCase):
    """The policy that the agent is told of, or not."""

    def test_one_that_is_named_must_be_there(self):
        status, text = controller.run("run", "--data", agent.data, "--policy", controller.work / "absent.conf", program="muster-agent")
        self.assertEqual(status, 64, text)
        self.assertIn("absent.conf': there is no such file", text)

    def test_the_default_lets_nobody_serve_as_root(self):
        if os.geteuid() != 0:
            self.skipTest("only root's replicas would run as root")
        if pathlib.Path("/etc/muster/policy.conf").exists():
            self.skipTest("this machine has a policy of its own")
        environment = {key: value for key, value in controller.environment.items() if key != "MUSTER_AGENT_POLICY"}
        done = subprocess.run(
            [BIN / "muster-agent", "check", "--data", agent.data, "--endpoint", "off"], env=environment, text=True,
            capture_output=True, timeout=30, check=False,
        )
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertRegex(done.stdout, r"problem +replicas +replicas run as root on .*the default rule 'users' "
                                      r"\(there is no /etc/muster/policy.conf\) does not allow")


if __name__ == "__main__":
    unittest.main(verbosity=2)
