"""What the stories of whole hosts share: a controller, hosts with agents, a model that serves, and a load of predictions."""

import contextlib
import json
import re
import shutil
import subprocess
import sys
import unittest

from bed import MLSERVER, ROOT, Bed, wait_for
from load import Load

sys.path.insert(0, str(ROOT / "Tests/Benchmarks"))
from measure import Figure  # noqa: E402

WINE = ROOT / "Deploy/examples/wine"
OBSERVE = ROOT / "Deploy/scripts/lib/observe.py"


class Story(unittest.TestCase):
    """One controller, and hosts that serve. Stories go on from one another, in the order of their names, on the same hosts."""

    # The names of the hosts, each after its site.
    AGENTS = ()

    @classmethod
    def setUpClass(cls):
        cls.figures = []
        cls.bed = Bed()
        cls.addClassCleanup(cls.bed.close)
        subprocess.run(
            [MLSERVER / "python", WINE / "train.py", cls.bed.work / "models"], check=True, capture_output=True, timeout=300
        )
        for source in WINE.glob("*.yaml"):
            shutil.copy(source, cls.bed.work)
        probe = json.loads((cls.bed.work / "models/wine-1.0.0.probe.json").read_text())
        cls.request = json.dumps(probe["request"]).encode()
        cls.controller = cls.bed.host("controller")
        cls.hosts = [cls.bed.host(name) for name in cls.AGENTS]

    @classmethod
    def tearDownClass(cls):
        for figure in cls.figures:
            print(figure.line())

    def figure(self, name, value, unit, bar=""):
        """Notes a figure; a bar that it is short of fails the last story."""
        self.figures.append(Figure(name, value, unit, None, bar))

    def assert_figures(self):
        """Every figure keeps its bar."""
        self.assertEqual([figure.line() for figure in self.figures if figure.holds is False], [])

    @classmethod
    def muster(cls, *words):
        """The operators' command line, on the controller's host."""
        return cls.controller.run("muster", *words, timeout=180)

    def serving_untouched(self, host, what, act, version=None):
        """Does something under a load of predictions: no failed one, and the same processes before and after."""
        before = host.server()
        self.assertEqual(len(before), 1, f"{host.name} serves by {before}")
        load = Load(host.address, self.request)
        try:
            wait_for("predictions are answered", lambda: load.asked > 5)
            result = act()
            seen = load.asked
            wait_for("predictions go on", lambda: load.asked > seen + 5)
        finally:
            asked, failures = load.close()
        self.assertEqual(failures, [], f"{what}: {len(failures)} of {asked} predictions failed")
        self.assertEqual(host.server(), before, f"{what}: not the same process")
        if version:
            self.assertEqual(load.versions, {version})
        print(f"-- {what}: {asked} predictions, 0 failed, process {before[0][0]} goes on", flush=True)
        return result

    @contextlib.contextmanager
    def load_on(self, what, hosts):
        """Predictions of these hosts for as long as the block lasts, none of which may fail. Gives the load of each host."""
        loads = {host: Load(host.address, self.request) for host in hosts}
        try:
            wait_for("predictions are answered", lambda: all(load.versions for load in loads.values()))
            yield loads
            seen = {host: load.asked for host, load in loads.items()}
            wait_for("predictions go on", lambda: all(load.asked > seen[host] + 5 for host, load in loads.items()))
        finally:
            ends = {host: load.close() for host, load in loads.items()}
        for host, (asked, failures) in ends.items():
            self.assertEqual(failures, [], f"{what}: {len(failures)} of {asked} predictions failed on {host.name}")
        print(f"-- {what}: {sum(asked for asked, _ in ends.values())} predictions, 0 failed", flush=True)

    def link_gap(self, host, since):
        """Seconds from the agent's stop to its next session, by the host's journal."""
        stopped = established = None
        for instant, text in host.journal(since=since):
            if stopped is None and text.startswith("Stopping muster-agent.service"):
                stopped = instant
            if stopped is not None and "session established" in text:
                established = instant
                break
        self.assertIsNotNone(established, f"{host.name} did not stop and link again:\n{host.journal(since=since)}")
        return established - stopped

    @classmethod
    def enrol(cls, host, command):
        """Installs the agent by a command that takes what enrols it."""
        token = cls.muster("host", "token", "create", "--label", f"site={host.name.split('-')[0]}").split()[0]
        host.run("sh", "-c", f"{command} --controller {cls.controller.address}:7443 --token {token} --address {host.address}")

    @staticmethod
    def name_model_server(host):
        """Where the model server stands is the host's own affair."""
        host.run("sh", "-c", f"echo PATH={MLSERVER}:/usr/sbin:/usr/bin >>/etc/muster/agent.env")
        host.run("systemctl", "restart", "muster-agent")

    @classmethod
    def push(cls, *versions):
        """What a deployment refers to."""
        cls.muster("apply", "-f", "/bed/model.yaml", "-f", "/bed/runtime.yaml")
        for version in versions:
            cls.muster("model", "push", f"/bed/models/wine-{version}", "-f", f"/bed/wine-{version}.yaml")

    @classmethod
    def write(cls, version, **rollout):
        """Writes the deployment of a version, with other rules of its rollout; what applies it."""
        text = (WINE / "deployment.yaml").read_text()
        text = text.replace("version: 1.0.0", f"version: {version}")
        if rollout:
            rules = ", ".join(f"{name}: {rule}" for name, rule in rollout.items())
            text, count = re.subn(r"(?m)^    rollout: .*$", f"    rollout: {{{rules}}}", text)
            assert count == 1
        (cls.bed.work / f"deployment-{version}.yaml").write_text(text)
        return "apply", "-f", f"/bed/deployment-{version}.yaml"

    @classmethod
    def told(cls):
        """What the controller says of the deployment."""
        return json.loads(cls.muster("get", "deployment", "wine", "-o", "json"))

    def assert_as_told(self, version):
        """Every host answers by this version, by the one process that the controller names."""
        self.assertTrue(self.comes_to(version), self.muster("explain", "deployment/wine"))

        def pids():
            named = {row["host"]: [row["instance"]["pid"]] for row in self.told()["hosts"] if row.get("instance")}
            return named == {host.name: [pid for pid, _ in host.server()] for host in self.hosts}

        wait_for("the controller names the processes that run", pids, seconds=60, pace=0.5)
        with self.load_on("afterwards", self.hosts) as loads:
            pass
        self.assertEqual({host.name: load.versions for host, load in loads.items()}, {host.name: {version} for host in self.hosts})

    @classmethod
    def comes_to(cls, version, seconds=180):
        """Whether every host comes to answer by this version."""
        try:
            wait_for(f"version {version} is everywhere", lambda: cls.served(version), seconds=seconds, pace=0.5)
        except AssertionError:
            return False
        return True

    @classmethod
    def served(cls, version):
        """Whether every host answers by this version alone, and the controller knows."""
        return subprocess.run(
            [sys.executable, OBSERVE, "converged", version], input=json.dumps(cls.told()), text=True, capture_output=True, check=False
        ).returncode == 0
