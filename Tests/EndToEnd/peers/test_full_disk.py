"""A controller whose disk is full, with a real file system: what stands still says why, and its log says so once."""

import json
import pathlib
import ssl
import subprocess
import unittest
import urllib.request

from fleet import Controller, RealAgent, wait_for
from test_rollout import RUNTIME, SERVER, version

ADDRESS = "127.0.0.45"


class SmallDisk(Controller):
    """Its data directory is a file system of 48 MB."""

    mounted = False

    def start(self):
        if not self.mounted:
            self.data.mkdir(mode=0o700)
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m,mode=0700", "tmpfs", self.data], check=True)
            self.mounted = True
        super().start()

    def fill(self):
        """Leaves no room."""
        with open(self.data / "filled", "wb", buffering=0) as file:
            for size in (1 << 20, 4096):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    pass

    def close(self):
        try:
            self.process.terminate()
            self.process.wait(timeout=20)
        finally:
            subprocess.run(["umount", self.data], check=True)
            self.log.close()
            super().close()


def may_mount():
    """Whether this user may mount a file system here."""
    probe = pathlib.Path("/tmp/muster-mount-probe")
    probe.mkdir(exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", probe], capture_output=True, check=False)
    if done.returncode == 0:
        subprocess.run(["umount", probe], check=True)
    probe.rmdir()
    return done.returncode == 0


@unittest.skipUnless(may_mount(), "SKIPPED, a full disk of the controller was NOT tested: no file system can be mounted here")
class FullDisk(unittest.TestCase):
    """In the middle of a rollout."""

    def setUp(self):
        self.controller = SmallDisk()
        self.addCleanup(self.controller.close)
        self.agent = RealAgent(self.controller, "rack-1", ADDRESS, "rack=one")
        self.addCleanup(self.agent.close)
        self.controller.apply(RUNTIME)
        self.controller.push("echo-1", version("1", 1), {"serve.py": SERVER, "answer.json": '{"answer": 1}'})

    def metric(self, name):
        """The value of a metric."""
        return next(line.split()[1] for line in self.page().splitlines() if line.startswith(name + " "))

    def page(self):
        """The metrics' page."""
        token = json.loads((self.controller.data / "admin-credentials").read_text())["token"]
        call = urllib.request.Request(f"https://{self.controller.api}/metrics", headers={"authorization": f"Bearer {token}"})
        trust = ssl.create_default_context(cafile=self.controller.data / "authority.pem")
        with urllib.request.urlopen(call, timeout=10, context=trust) as answer:
            return answer.read().decode()

    def test_what_stands_still_says_why(self):
        controller = self.controller
        controller.apply("""
apiVersion: muster/v1
kind: Deployment
metadata: {name: full}
spec:
  content: {model: {name: echo, version: "1"}, runtime: ten-lines}
  scope: {hosts: "rack=one", endpoint: {port: 8145, to: http}}
  policy: {rollout: {stableFor: 300ms, bake: 30m}, rollback: {stableFor: 300ms}}
""")
        wait_for("it bakes", lambda: "baking" in controller.muster("get", "rollouts"))
        self.assertEqual(self.metric("muster_store_writable"), "1")
        controller.fill()
        # The store's log has room of its own: only what is more than that is refused.
        said = wait_for("a write is refused", lambda: (answer := controller.run(
            "label", "deployment/full", f"team={'x' * 60}", "--reason", "y" * 400)) [0] and answer[1], seconds=60)
        self.assertIn("database or disk is full", said)
        for words in (("explain", "deployment/full"), ("rollout", "status", "full")):
            text = controller.run(*words)[1]
            self.assertIn("the controller cannot write to its store, so that rollouts stand still", text)
            self.assertIn("df -h", text)
        self.assertIn("baking, not stored", controller.muster("get", "rollouts"))
        self.assertIn("store not writable", controller.muster("get", "deployments"))
        self.assertEqual(self.metric("muster_store_writable"), "0")
        (controller.data / "filled").unlink()
        wait_for("it is told that it is over", lambda: "not stored" not in controller.muster("get", "rollouts"))
        self.assertEqual(self.metric("muster_store_writable"), "1")
        controller.muster("rollout", "promote", "full")
        wait_for("it goes on", lambda: "succeeded" in controller.muster("get", "rollouts"))
        log = (controller.work / "controller.log").read_text(encoding="utf-8", errors="replace")
        told = [line for line in log.splitlines() if " error " in line or "could not be stored" in line or "cannot be written" in line]
        self.assertEqual(len(told), 1, told)
        self.assertEqual(log.count("the store is written again"), 1, log[-2000:])


if __name__ == "__main__":
    unittest.main(verbosity=2)
