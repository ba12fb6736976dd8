"""A host that serves already by something that is not Muster's comes under Muster without an outage, and leaves it so."""

import contextlib
import ctypes
import sys
import textwrap
import unittest

from endpoint_bed import ENDPOINT, FAR_MORE, HOST, Bed, missing, run
from endpoint_load import Load
from fleet import Controller, RealAgent, wait_for
from test_endpoint import Held
from test_rollout import RUNTIME, version

WHY_NOT = missing()
NAME = "rack-1"
SERVER = textwrap.dedent('''
    import http.server, pathlib, sys
    answer = (pathlib.Path(__file__).parent / "answer.json").read_bytes()
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def do_GET(self):
            self.send_response(200); self.send_header("content-length", str(len(answer))); self.end_headers()
            self.wfile.write(answer)
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"])); self.do_GET()
        def log_message(self, *_): pass
    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 512
    Server((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
''')


@contextlib.contextmanager
def inside(namespace):
    """This process, and what it starts, in a network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)

    def enter(file):
        if libc.setns(file.fileno(), 0x40000000) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    with open("/proc/thread-self/ns/net", encoding="ascii") as home, \
            open(f"/run/netns/{namespace}", encoding="ascii") as there:
        enter(there)
        try:
            yield
        finally:
            enter(home)


@unittest.skipIf(WHY_NOT, f"SKIPPED, taking a port over was NOT tested: {WHY_NOT}")
class TakeoverTest(unittest.TestCase):
    """The old server answers on 8080 before there is an agent."""

    def setUp(self):
        self.bed = Bed()
        self.addCleanup(self.bed.close)
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        stack.enter_context(inside(self.bed.host))
        self.old = self.bed.serve(ENDPOINT, address="0.0.0.0", name="old")
        # Idle until after the switch, and older than anything of the agent's: the kernel does not know it.
        self.idle = Held(self.bed, self.bed.far, HOST, ENDPOINT)
        self.controller = Controller()
        self.addCleanup(self.controller.close)
        self.agent = RealAgent(self.controller, NAME, HOST, "rack=one", endpoint="auto")
        self.addCleanup(self.agent.close)
        self.controller.apply(RUNTIME.replace("update: recreate", "update: sideBySide").replace("drain: 0s", "drain: 10s"))
        for number in ("1", "2"):
            files = {"serve.py": SERVER, "answer.json": f'{{"answer": {number}}}'}
            self.controller.push(f"echo-{number}", version(number, number), files)

    def apply(self, version):
        """Declares a version."""
        self.controller.apply(
            f'apiVersion: muster/v1\nkind: Deployment\nmetadata: {{name: echo}}\nspec:\n'
            f'  content: {{model: {{name: echo, version: "{version}"}}, runtime: ten-lines}}\n'
            f'  scope: {{hosts: "rack=one", endpoint: {{port: {ENDPOINT}, to: http}}}}\n'
            f'  policy: {{rollout: {{stableFor: 300ms, bake: 0s}}, rollback: {{stableFor: 300ms}}}}\n')

    def rolled_out(self):
        """Waits for the rollout's end, which must be a good one."""
        status, text = self.controller.run("rollout", "status", "echo", "-w")
        self.assertEqual(status, 0, text)

    def ask(self):
        """What a new connection is answered."""
        return self.bed.ask(self.bed.far, HOST, ENDPOINT)

    def load(self):
        """Clients without a pause to speak of, from the network and on the host itself."""
        load = Load(self.bed)
        load.add("fresh", self.bed.far, HOST, ENDPOINT, *FAR_MORE[:8], pause=0.003)
        load.add("fresh", self.bed.host, "127.0.0.1", ENDPOINT, *(f"127.0.1.{number}" for number in range(1, 5)), pause=0.003)
        load.wait_for_more(5)
        return load

    def judge(self, load, answers):
        """No request of a fresh client failed, and these answered."""
        seen = load.finish()
        for kind, report in seen:
            with self.subTest(kind):
                self.assertEqual((report["failed"], report["why"]), (0, {}))
                if kind == "fresh":
                    self.assertEqual(set(report["answers"]), answers)
                else:
                    self.assertEqual(set(report["answers"]), {"old"}, "a kept connection was taken away")
        return sum(report["count"] for _, report in seen)

    def test_the_port_is_taken_over_kept_and_given_back(self):
        controller = self.controller
        load = self.load()
        load.add("pooled", self.bed.far, HOST, ENDPOINT)
        load.wait_for_more(5)
        self.apply("1")
        refused = wait_for("it is refused, with what to do",
                           lambda: (text := controller.run("explain", "deployment/echo")[1]) and "adopt-port" in text and text)
        self.assertIn(f"muster host adopt-port {NAME} {ENDPOINT}", refused)
        self.assertIn(f"pid {self.old.pid}", refused)
        for words, said in (((NAME, "99999"), "'99999' is no port"), ((NAME, "0"), "'0' is no port"),
                            (("rack-2", "8080"), "there is no host 'rack-2'"), ((NAME, "8081", "--release"), "not granted")):
            status, text = controller.run("host", "adopt-port", *words)
            self.assertNotEqual(status, 0, text)
            self.assertIn(said, text)
        self.assertEqual(self.ask(), "old")
        early = controller.muster("host", "adopt-port", NAME, "8089")
        self.assertIn("No deployment that takes this host has that endpoint yet", early)
        controller.muster("host", "adopt-port", NAME, "8089", "--release", "--reason", "a typo")
        granted = controller.muster("host", "adopt-port", NAME, ENDPOINT, "--reason", "the old one goes in March")
        self.assertIn("Next: muster rollout resume echo", granted)
        controller.muster("rollout", "resume", "echo")
        self.rolled_out()
        self.assertEqual(self.ask(), '{"answer": 1}')
        self.assertEqual(self.idle.tell(""), "old", "idle since before the agent came, and cut all the same")
        host = wait_for("it is told who listens there as well",
                        lambda: (text := controller.muster("describe", "host", NAME)) and "also listened on by" in text and text)
        self.assertRegex(host, rf"port 8080 on {NAME} is also listened on by python.* \(pid {self.old.pid}\): it gets no new connections")
        self.assertIn("2 are left", host)
        self.assertIn("the old one goes in March", host)
        self.assertIn('"adoptedPorts"', controller.muster("get", "hosts", "-o", "json"))
        for command in ("audit", "events"):
            told = controller.muster(command, f"host/{NAME}")
            for word in ("adopt-port", "release-port", "the old one goes in March"):
                self.assertIn(word, told, command)
        # What comes next, and the way back.
        self.apply("2")
        self.rolled_out()
        self.assertEqual(self.ask(), '{"answer": 2}')
        # What was taken stays taken: a host must be able to go back.
        controller.muster("host", "adopt-port", NAME, ENDPOINT, "--release")
        controller.muster("rollback", "echo", "--reason", "a drill", "--confirm", "echo")
        wait_for("version 1 answers", lambda: self.ask() == '{"answer": 1}')
        self.agent.process.kill()
        self.agent.process.wait()
        load.wait_for_more(20)
        self.agent.start()
        wait_for("it is back", lambda: "connected" in controller.muster("get", "hosts"))
        load.wait_for_more(20)
        count = self.judge(load, {"old", '{"answer": 1}', '{"answer": 2}'})
        # A reload of the firewall takes the rules along; nobody is promised an answer within it.
        run("nft", "flush", "ruleset")
        wait_for("the rules are back", lambda: self.ask() == '{"answer": 1}', seconds=5)
        # Its end: the old one answers again, and nobody notices.
        load = self.load()
        controller.muster("delete", "deployment/echo")
        wait_for("the old one answers", lambda: self.ask() == "old")
        wait_for("it is gone", lambda: "echo" not in controller.muster("get", "deployments", "-o", "name"))
        load.wait_for_more(20)
        count += self.judge(load, {"old", '{"answer": 1}'})
        self.assertEqual(self.idle.tell(""), "old")
        print(f"a port was taken over, kept and given back: {count} requests, 0 failed", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
