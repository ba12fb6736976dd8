"""What the stories of whole hosts share: a controller, hosts with agents, a model that serves, and a load of predictions."""

import collections
import contextlib
import dataclasses
import json
import re
import shutil
import subprocess
import sys
import unittest

from bed import MLSERVER, PORT, ROOT, Bed, wait_for
from load import Load

sys.path.insert(0, str(ROOT / "Tests/Benchmarks"))
from measure import Figure  # noqa: E402

WINE = ROOT / "Deploy/examples/wine"
OBSERVE = ROOT / "Deploy/scripts/lib/observe.py"


@dataclasses.dataclass(frozen=True)
class Served:
    """A deployment."""

    name: str
    # Whose hosts it is meant for.
    sites: tuple
    runtime: str = "mlserver"
    model: str = "wine"
    # Where its clients find it, and what they ask; without, the example's endpoint and what its probe asks.
    port: int = 0
    request: bytes = b""

    @property
    def reference(self):
        """As commands take it."""
        return f"deployment/{self.name}"


class Story(unittest.TestCase):
    """One controller, and hosts that serve. Stories go on from one another, in the order of their names, on the same hosts."""

    # The names of the hosts, each after its site.
    AGENTS = ()
    # What they serve; each host one of them.
    SERVED = (Served("wine", ("lyon", "ulm", "cloud")),)

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
        load = self.load(host)
        try:
            wait_for("predictions are answered", lambda: load.asked > 5)
            result = act()
            seen = load.asked
            wait_for("predictions go on", lambda: load.asked > seen + 5)
        finally:
            asked, failures = load.close()
        self.assert_answered(host, what, asked, failures)
        self.assertEqual(host.server(), before, f"{what}: not the same process")
        if version:
            self.assertEqual(load.versions, {version})
        print(f"-- {what}: {asked} predictions, 0 failed, process {before[0][0]} goes on", flush=True)
        return result

    def load(self, host):
        """Predictions of a host, until it is closed."""
        served = self.served_on(host)
        return Load(host.address, served.request or self.request, served.model, served.port or PORT)

    @contextlib.contextmanager
    def load_on(self, what, hosts):
        """Predictions of these hosts for as long as the block lasts, none of which may fail. Gives the load of each host."""
        loads = {host: self.load(host) for host in hosts}
        try:
            wait_for("predictions are answered", lambda: all(load.versions for load in loads.values()))
            yield loads
            seen = {host: load.asked for host, load in loads.items()}
            wait_for("predictions go on", lambda: all(load.asked > seen[host] + 5 for host, load in loads.items()))
        finally:
            ends = {host: load.close() for host, load in loads.items()}
        for host, (asked, failures) in ends.items():
            self.assert_answered(host, what, asked, failures)
        print(f"-- {what}: {sum(asked for asked, _ in ends.values())} predictions, 0 failed", flush=True)

    def assert_answered(self, host, what, asked, failures):
        """No prediction of a host has failed; otherwise its log says what happened about then."""
        if failures:
            since = f"@{failures[0][0] - 30:.0f}"
            log = "\n".join(host.run("journalctl", "--no-pager", "--output", "short-precise", "--since", since).splitlines()[:500])
            kinds = collections.Counter(why for _, why in failures)
            self.fail(f"{what}: {len(failures)} of {asked} predictions failed on {host.name}: {dict(kinds)}\n{log}")

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
    def served_on(cls, host):
        """The deployment of a host."""
        return next(served for served in cls.SERVED if host.name.split("-")[0] in served.sites)

    @classmethod
    def hosts_of(cls, served):
        """The hosts of a deployment."""
        return [host for host in cls.hosts if cls.served_on(host) is served]

    @classmethod
    def write(cls, version, *only, **rollout):
        """Writes the deployments of a version (or only these), with other rules of their rollouts; what applies them."""
        words = ["apply"]
        for served in only or cls.SERVED:
            text = (WINE / "deployment.yaml").read_text()
            edits = {
                r"version: 1\.0\.0": f"version: {version}",
                r"\{name: wine, labels": f"{{name: {served.name}, labels",
                r"model: \{name: wine,": f"model: {{name: {served.model},",
                r"runtime: mlserver$": f"runtime: {served.runtime}",
                r"site in \(.*\)": f"site in ({', '.join(served.sites)})",
            }
            if served.port:
                edits[r"^    endpoint: .*\n"] = ""
            if rollout:
                edits[r"^    rollout: .*$"] = f"    rollout: {{{', '.join(f'{name}: {rule}' for name, rule in rollout.items())}}}"
            for pattern, edit in edits.items():
                text, count = re.subn(rf"(?m){pattern}", edit, text)
                assert count == 1, pattern
            (cls.bed.work / f"{served.name}-{version}-deployment.yaml").write_text(text)
            words += ["-f", f"/bed/{served.name}-{version}-deployment.yaml"]
        return words

    @classmethod
    def told(cls, served):
        """What the controller says of a deployment."""
        return json.loads(cls.muster("get", "deployment", served.name, "-o", "json"))

    @classmethod
    def rollout(cls, served):
        """How far its rollout is."""
        return cls.told(served)["rollout"]["state"]

    @classmethod
    def explained(cls):
        """Why everything is as it is."""
        return "\n".join(cls.muster("explain", served.reference) for served in cls.SERVED)

    @classmethod
    def succeeds(cls):
        """Waits until every rollout has succeeded."""
        cls.muster("wait", *(served.reference for served in cls.SERVED), "--for", "succeeded", "--timeout", "3m")

    def assert_as_told(self, version, *only):
        """Every host (or those of these deployments) answers by this version, by the one process that the controller names.

        What was loaded into a server that somebody else runs has no process that it could name.
        """
        served = only or self.SERVED
        hosts = [host for one in served for host in self.hosts_of(one)]
        self.assertTrue(self.comes_to(version, *served), self.explained())

        def pids():
            rows = [row for one in served if not one.port for row in self.told(one)["hosts"]]
            named = {row["host"]: [row["instance"]["pid"]] for row in rows if row.get("instance")}
            own = [host for host in hosts if not self.served_on(host).port]
            return named == {host.name: [pid for pid, _ in host.server()] for host in own}

        wait_for("the controller names the processes that run", pids, seconds=60, pace=0.5)
        with self.load_on("afterwards", hosts) as loads:
            pass
        self.assertEqual({host.name: load.versions for host, load in loads.items()}, {host.name: {version} for host in hosts})

    @classmethod
    def comes_to(cls, version, *only, seconds=180):
        """Whether every host (or those of these deployments) comes to answer by this version."""
        try:
            wait_for(f"version {version} is everywhere", lambda: cls.serves(version, *only), seconds=seconds, pace=0.5)
        except AssertionError:
            return False
        return True

    @classmethod
    def serves(cls, version, *only):
        """Whether every host answers by this version alone, and the controller knows."""
        return all(
            subprocess.run(
                [sys.executable, OBSERVE, "converged", version], input=json.dumps(cls.told(served)), text=True, capture_output=True,
                check=False,
            ).returncode == 0
            for served in only or cls.SERVED
        )
