"""Bad input and bad luck, by the command line: a clear message with what to do, nothing lost, nothing half applied."""

import concurrent.futures
import hashlib
import json
import pathlib
import random
import re
import socket
import ssl
import subprocess
import time
import unittest
import urllib.error
import urllib.request

from fleet import BIN, ROOT, Controller, PeerAgent, RealAgent, listed, wait_for

SEED = random.SystemRandom().randrange(1 << 32)


def model(name):
    """A manifest of a model."""
    return f"apiVersion: muster/v1\nkind: Model\nmetadata: {{name: {name}}}\nspec: {{owner: someone}}\n"


def setUpModule():
    """One controller for all."""
    global controller
    controller = Controller()


def tearDownModule():
    """And its end."""
    controller.close()


class Tokens(unittest.TestCase):
    """What `muster-agent enroll` says about a token that does not work."""

    def enroll(self, token, name):
        """Exit status and text of an enrolment."""
        return controller.run(
            "enroll", "--controller", controller.agents, "--token", token, "--data", controller.work / name, "--name", name,
            program="muster-agent",
        )

    def refused(self, token, name, *words):
        """The enrolment must fail, say these words and leave no identity."""
        status, text = self.enroll(token, name)
        self.assertNotEqual(status, 0, text)
        for word in words:
            self.assertIn(word, text)
        left = [path for path in (controller.work / name).rglob("*") if path.suffix == ".pem" and "cert" in path.name]
        self.assertEqual(left, [])

    def test_mistyped(self):
        token = controller.token()
        typo = token[:-1] + ("a" if token[-1] != "a" else "b")
        self.refused(typo, "typo", "mistyped", "muster host token create")

    def test_of_another_kind(self):
        self.refused("hello", "hello", "muster-host-", "muster host token create")

    def test_reused(self):
        token = controller.token()
        status, text = self.enroll(token, "first")
        self.assertEqual(status, 0, text)
        self.refused(token, "second", "used", "muster host token create")

    def test_expired(self):
        token = controller.token("--ttl", "1s")
        end = time.monotonic() + 1.1
        wait_for("the token's second has passed", lambda: time.monotonic() > end)
        self.refused(token, "late", "expired", "muster host token create")

    def test_key_and_certificate_are_private(self):
        status, text = self.enroll(controller.token(), "private")
        self.assertEqual(status, 0, text)
        for path in (controller.work / "private").rglob("*"):
            if path.is_file():
                self.assertEqual(path.stat().st_mode & 0o077, 0, path)


class Ports(unittest.TestCase):
    """A port that is taken."""

    def test_controller_names_the_port(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            place = f"127.0.0.1:{taken.getsockname()[1]}"
            status, text = controller.run(
                "--data", controller.work / "other", "--listen-agents", place, "--listen-api", "127.0.0.1:0",
                program="muster-controller",
            )
        self.assertNotEqual(status, 0)
        self.assertIn(place.split(":")[1], text)

    def test_data_directory_has_one_controller(self):
        status, text = controller.run(
            "--data", controller.data, "--listen-agents", "127.0.0.1:0", "--listen-api", "127.0.0.1:0",
            program="muster-controller",
        )
        self.assertNotEqual(status, 0)
        self.assertIn(str(controller.data), text)
        controller.token()


class Manifests(unittest.TestCase):
    """Everything wrong is said at once, each with its place."""

    def test_every_error_is_located(self):
        path = controller.work / "wrong.yaml"
        text = (ROOT / "Deploy/examples/wine/deployment.yaml").read_text(encoding="utf-8")
        text = text.replace("runtime: mlserver", "runtime: mlserver\n    resources: {memory: 2Gx}")
        text = text.replace("port: 8080", "prot: 8080").replace("stableFor: 3s", "stableFor: soon")
        path.write_text(text, encoding="utf-8")
        status, said = controller.run("apply", "-f", path)
        self.assertEqual(status, 1, said)
        for words in ("wrong.yaml", "prot", "port", "stableFor", "resources"):
            self.assertIn(words, said)

    def test_not_utf8(self):
        path = controller.work / "latin.yaml"
        path.write_bytes(model("caf\xe9").encode("latin-1"))
        status, said = controller.run("apply", "-f", path)
        self.assertEqual(status, 1, said)
        self.assertIn("latin.yaml", said)

    def test_one_bad_document_applies_none(self):
        path = controller.work / "half.yaml"
        path.write_text(model("half-good") + "---\n" + model("half-bad").replace("owner", "onwer"), encoding="utf-8")
        status, said = controller.run("apply", "-f", path)
        self.assertEqual(status, 1, said)
        self.assertIn("owner", said)
        self.assertNotIn("half-good", controller.muster("get", "models", "-o", "name"))


class Blobs(unittest.TestCase):
    """A blob that changed on the controller's disk is not handed out as if it were right."""

    def test_changed_or_cut_on_disk(self):
        content = b"weights" * 5000
        controller.apply(model("stone"))

        def push():
            return controller.push(
                "stone-1", "apiVersion: muster/v1\nkind: ModelVersion\nmetadata: {name: stone-1}\n"
                "spec: {model: stone, version: '1', format: plain}\n", {"weights": content},
            )

        push()
        stored = [path for path in controller.data.rglob("*") if path.is_file() and path.read_bytes() == content]
        self.assertEqual(len(stored), 1, "the blob is one file")
        digest = hashlib.sha256(content).hexdigest()
        agent = PeerAgent(controller, "reader")
        self.assertEqual(agent.fetch(digest), ("2 200", content))
        path = pathlib.Path(stored[0])
        for damage, changed in (("cut", content[:-7]), ("changed", content[:-1] + b"S")):
            with self.subTest(damage):
                path.chmod(0o600)
                path.write_bytes(changed)
                # An agent hashes what it fetches: it gets what is there, and would refuse it.
                self.assertNotEqual(hashlib.sha256(agent.fetch(digest)[1]).hexdigest(), digest)
                # A push repairs it.
                self.assertIn("sent 1,", push())
                self.assertEqual(agent.fetch(digest), ("2 200", content))
                self.assertIn("sent 0,", push())


    def test_cut_on_the_way_up(self):
        credentials = json.loads((controller.data / "admin-credentials").read_text(encoding="utf-8"))
        whole = b"whole" * 1000
        digest = hashlib.sha256(whole).hexdigest()
        request = urllib.request.Request(
            f"{credentials['url']}/v1/projects/default/blobs/sha256/{digest}", data=whole[:-1], method="PUT",
            headers={"authorization": f"Bearer {credentials['token']}"},
        )
        context = ssl.create_default_context(cafile=controller.data / "authority.pem")
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, context=context, timeout=20)
        self.assertIn(caught.exception.code, (400, 409, 422))
        self.assertIn("digest", caught.exception.read().decode().lower())
        reader = PeerAgent(controller, "cut-reader")
        self.assertEqual(reader.fetch(digest)[0], "2 404")


class Journals(unittest.TestCase):
    """A host whose disk has lost what was written."""

    def test_damage_ends_the_agent_for_good_and_says_the_way_on(self):
        agent = RealAgent(controller, "damaged", "127.0.0.43")
        self.addCleanup(agent.close)

        def is_connected():
            return [host["connected"] for host in listed(controller, "hosts") if host["host"]["name"] == "damaged"] == [True]

        wait_for("the host is there", is_connected)
        agent.process.kill()
        agent.process.wait()
        journal = agent.data / "journal"
        damaged = bytearray(journal.read_bytes())
        damaged[20] ^= 0xFF
        journal.write_bytes(damaged)
        said = set()
        for _ in range(2):
            done = subprocess.run([BIN / "muster-agent", "run", "--data", agent.data, "--endpoint", "off"],
                                  capture_output=True, text=True, timeout=30, check=False)
            # What Deploy/systemd/muster-agent.service does not start again.
            self.assertEqual(done.returncode, 78, done.stderr)
            said.add(re.search(r"the journal .*", done.stderr).group())
        self.assertEqual(len(said), 1, said)
        self.assertEqual(journal.read_bytes(), damaged)
        wait_for("the host is seen to be gone", lambda: not is_connected(), seconds=60)
        command = re.search(r"mv \S+ \S+", said.pop())
        subprocess.run(command.group().split(), check=True)
        agent.start()
        wait_for("the host is back", is_connected)


class Kills(unittest.TestCase):
    """The controller is killed at any commit: what was acknowledged is there, and it starts again."""

    def test_acknowledged_writes_survive(self):
        chance = random.Random(SEED)
        acknowledged, number = [], 0
        for _ in range(4):
            with concurrent.futures.ThreadPoolExecutor(3) as pool:
                names = [f"kept-{number + index}" for index in range(12)]
                number += len(names)
                doing = {name: pool.submit(self.try_to_apply, name) for name in names}
                after = chance.randrange(2, 9)
                wait_for("some writes", lambda: sum(future.done() for future in doing.values()) >= after)
                controller.kill()
            acknowledged += [name for name, future in doing.items() if future.result()]
            controller.start()
            there = controller.muster("get", "models", "-o", "name")
            for name in acknowledged:
                self.assertIn(name, there, f"seed {SEED}")
        self.assertTrue(acknowledged)

    @staticmethod
    def try_to_apply(name):
        """Whether an apply was acknowledged."""
        path = controller.work / f"{name}.yaml"
        path.write_text(model(name), encoding="utf-8")
        return controller.run("apply", "-f", path)[0] == 0


if __name__ == "__main__":
    print("seed", SEED)
    unittest.main(verbosity=2)
