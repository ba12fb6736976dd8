"""Five whole hosts, of every driver: people, power, network, certificates and the controller, under a load of predictions."""

import json
import os
import random
import re
import shutil
import ssl
import threading
import time
import unittest
import urllib.error
import urllib.request

import packages
import triton
from bed import ROOT, podman, wait_for
from load import Load
from story import WINE, Served, Story

# MLServer: brought to two hosts as wheels, and an image of it.
BROUGHT = Served("wine", ("lyon",), "mlserver-wheels")
BOXED = Served("boxed", ("ulm",), "mlserver-image")
# And a Triton that is there already.
LOADED = Served(
    "cellar", ("cloud",), "triton-external", model="cellar", port=triton.PORT, request=json.dumps(triton.REQUEST).encode()
)
VERSIONS = ("1.0.0", "2.0.0", "4.0.0")
DATA = "/var/lib/muster"
BACKUP = "/var/lib/muster-backup"
# The size of the controller's disk: a hundred MiB are the wheels.
DISK = "192m"
# So long a host is kept from its controller, and the controller from its disk, in seconds: leases lapse after 45.
APART = 70
# So long the certificate lasts that is to end, in seconds.
SHORT = 25
# The registry's settings, instead of Debian's, which want a password.
REGISTRY = """version: 0.1
storage: {filesystem: {rootdirectory: /var/lib/docker-registry}}
http: {addr: ":5000"}
"""
# Three at a time, and none of them waits for another.
AT_ONCE = {"waves": "[100%]", "maxInFlight": "100%", "stableFor": "2s", "unreachable": "{wait: 10m}"}
# The authority as `openssl ca` takes it.
AUTHORITY = """[ca]
default_ca = muster
[muster]
database = /tmp/authority/index
new_certs_dir = /tmp/authority
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = host
[any]
organizationName = optional
commonName = optional
[host]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
subjectAltName = URI:{name}
"""


class FleetTest(Story):
    """What is done to five hosts, on purpose and not. Each story ends with every host as the controller says."""

    AGENTS = ("lyon-1", "lyon-2", "ulm-1", "cloud-1")
    SERVED = (BROUGHT, BOXED, LOADED)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.new_disk()
        cls.controller.install(packages.named("muster-controller"))
        cls.controller.install(packages.named("muster"))
        cls.muster("login", "https://127.0.0.1:7444", "--credentials", f"{DATA}/admin-credentials")
        cls.token = json.loads(cls.controller.run("cat", f"{DATA}/admin-credentials"))["token"]
        image = cls.image()
        for host in cls.hosts_of(BROUGHT):
            host.write("/etc/muster/policy.conf", "bundles = any\n")
            host.write("/etc/systemd/system/muster-agent.service.d/bundles.conf", "[Service]\nRestrictNamespaces=user net\n")
        for host in cls.hosts_of(BOXED):
            host.write("/etc/muster/policy.conf", f"images = {image.partition('@')[0]}\n")
            host.write("/etc/containers/registries.conf.d/fleet.conf", f'[[registry]]\nlocation = "{image.partition("/")[0]}"\ninsecure = true\n')
            host.process = rf"python3 .*{host.process}"
            host.run("systemctl", "enable", "--now", "podman.socket")
        for host in cls.hosts_of(LOADED):
            host.process = rf"triton_python_backend_stub .*/{LOADED.model}/"
            triton.start(host)
        for host in cls.hosts:
            cls.enrol(host, f"dpkg --install {packages.named('muster-agent')} && muster-agent-setup")
        cls.write_runtimes(image)
        cls.muster("apply", "-f", "/bed/model.yaml", "-f", "/bed/mlserver-image.yaml")
        cls.muster("runtime", "push", "/wheels", "-f", "/bed/mlserver-wheels.yaml")
        (cls.bed.work / "cellar.yaml").write_text(triton.model(LOADED.model))
        cls.muster("apply", "-f", "/bed/cellar.yaml", "-f", "/bed/triton-external.yaml")
        for version in VERSIONS:
            triton.write_version(cls.bed.work, LOADED.model, version)
            for model in ("wine", LOADED.model):
                cls.muster("model", "push", f"/bed/models/{model}-{version}", "-f", f"/bed/{model}-{version}.yaml")
        cls.comes_to_serve("1.0.0")

    @classmethod
    def image(cls):
        """An image of MLServer in a registry on the controller's host: its name, with its digest."""
        cls.controller.write("/etc/docker/registry/config.yml", REGISTRY)
        cls.controller.run("systemctl", "start", "docker-registry")
        name = f"{cls.controller.address}:5000/models/mlserver"
        wait_for("the registry answers", lambda: cls.controller.answers(f"http://{cls.controller.address}:5000/v2/"))
        digest = cls.bed.work / "digest"
        podman("push", "--quiet", "--tls-verify=false", "--digestfile", digest, os.environ["MUSTER_MLSERVER_IMAGE"], name, timeout=300)
        return f"{name}@{digest.read_text().strip()}"

    @classmethod
    def write_runtimes(cls, image):
        """The example's runtime, as one that brings its server, and as one of an image; and the one of Triton that is shipped."""
        shutil.copy(ROOT / "Deploy/runtimes/triton-external.yaml", cls.bed.work)
        text = (WINE / "runtime.yaml").read_text()
        start = '  command: [mlserver, start, "{model.dir}"]'
        assert text.count(start) == text.count("name: mlserver}") == text.count("driver: process") == 1
        requires = re.search(r"(?m)^  requires: .*$", text)[0]
        (cls.bed.work / "mlserver-wheels.yaml").write_text(
            text.replace("name: mlserver}", "name: mlserver-wheels}")
            .replace(requires, '  requires: [{command: [python3, --version], matches: ">=3.9 <3.13"}]\n  bundle: {install: wheels}')
            .replace(start, '  command: ["{runtime.dir}/bin/mlserver", start, "{model.dir}"]')
        )
        (cls.bed.work / "mlserver-image.yaml").write_text(
            text.replace("name: mlserver}", "name: mlserver-image}").replace("driver: process", "driver: container")
            .replace(requires, f'  container: {{image: "{image}", network: host}}')
            .replace(start, '  command: [/usr/bin/python3, /opt/mlserver/bin/mlserver, start, "{model.dir}"]')
            .replace("  environment:\n", "  environment:\n    PYTHONPATH: /opt/mlserver\n    HOME: /tmp\n")
        )

    @classmethod
    def new_disk(cls):
        """Gives the controller's data a disk of their own, which is small."""
        cls.controller.run("sh", "-c", f"mkdir -p {DATA} && mount -t tmpfs -o size={DISK},mode=0700 tmpfs {DATA}")

    @classmethod
    def comes_to_serve(cls, version, **rollout):
        """Has a version rolled out, unless it serves everywhere; what served before has ended then."""
        cls.muster(*cls.write(version, **rollout))
        assert cls.comes_to(version), cls.explained()
        wait_for("one model server a host", lambda: all(len(host.server()) == 1 for host in cls.hosts), seconds=60, pace=0.5)

    @staticmethod
    def sessions(host, since):
        """How often a host has come to a session."""
        return sum("session established" in text for _, text in host.journal(since=since))

    def label(self, number):
        """Labels a host by the operator API, at length; the answer's status, and what it says."""
        labels = {f"filler-{index}": f"{number}-{'x' * 200}" for index in range(50)}
        request = urllib.request.Request(
            f"https://{self.controller.address}:7444/v1/projects/default/hostlabels", method="POST",
            data=json.dumps({"hosts": ["ulm-1"], "set": labels}).encode(),
            headers={"authorization": f"Bearer {self.token}", "content-type": "application/json"},
        )
        anybody = ssl.create_default_context()
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        try:
            with urllib.request.urlopen(request, timeout=30, context=anybody) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    # The stories.

    def test_1_power_cut_in_mid_switch(self):
        """A host loses its power while its candidate answers and is not verified yet: it comes back with what was."""
        for served in self.SERVED:
            with self.subTest(served.name):
                self.comes_to_serve("1.0.0")
                self.cut_in_mid_switch(served)

    def cut_in_mid_switch(self, served):
        """Does so to one host of a deployment."""
        servers = {host: host.server() for host in self.hosts}
        loads = {host: self.load(host) for host in self.hosts}
        try:
            self.muster(*self.write("2.0.0", served, waves="[1, 100%]", stableFor="20s", maxFailed=0))
            cut = wait_for(
                "a candidate answers", lambda: next((host for host in self.hosts if "2.0.0" in loads[host].versions), None), 180
            )
            cut.cut()
            loads.pop(cut).close()
            cut.start()
            began = time.monotonic()
            again = loads[cut] = self.load(cut)
            wait_for("predictions are answered", lambda: again.versions, seconds=120)
            self.figure(f"power-cut-boot-to-serving-{served.name}", time.monotonic() - began, "s")
            wait_for("the rollout is over", lambda: self.rollout(served) == "aborted", seconds=120, pace=0.5)
            self.assertTrue(self.comes_to("1.0.0"), self.explained())
        finally:
            ends = {host: load.close() for host, load in loads.items()}
        self.assertEqual(again.versions, {"1.0.0"}, "a candidate answered after the power cut")
        for host in self.hosts:
            if host is not cut:
                self.assertEqual(ends[host][1], [], f"predictions failed on {host.name}, which had power")
                self.assertEqual(loads[host].versions, {"1.0.0"})
                self.assertEqual(host.server(), servers[host])
        print(f"-- power cut of {cut.name}: {sum(asked for asked, _ in ends.values())} predictions, 0 failed elsewhere", flush=True)
        with self.load_on("the same rollout once more", self.hosts):
            self.muster("rollout", "retry", served.name)
            self.assert_as_told("2.0.0", served)

    def test_2_partition(self):
        """Hosts of every driver do not hear of two edits, serve on, and follow the newest when they hear again."""
        self.comes_to_serve("1.0.0", **AT_ONCE)
        apart = [self.hosts_of(served)[0] for served in self.SERVED]
        others = [host for host in self.hosts if host not in apart]
        servers = {host: host.server() for host in apart}
        with self.load_on("a partition with two edits inside", self.hosts) as loads:
            began = time.monotonic()
            for host in apart:
                host.part(self.controller)
            wait_for("their leases lapse", lambda: not any(map(self.connected, apart)), seconds=120, pace=1)
            self.figure("lease-lapse", time.monotonic() - began, "s", "<=75")
            for version in ("2.0.0", "4.0.0"):
                self.muster(*self.write(version, **AT_ONCE))
                wait_for(f"{version} on the others", lambda version=version: self.serve(others, version), seconds=180, pace=0.5)
            wait_for("the partition is long enough", lambda: time.monotonic() - began > APART, seconds=APART, pace=1)
            self.figure("partition", time.monotonic() - began, "s")
            for host in apart:
                self.assertEqual((loads[host].versions, host.server()), ({"1.0.0"}, servers[host]))
                self.assertFalse(host.linked())
                host.heal()
            healed = time.monotonic()
            self.assertTrue(self.comes_to("4.0.0"), self.explained())
            self.figure("healed-to-newest", time.monotonic() - healed, "s")
            for host in apart:
                self.assertEqual(loads[host].versions, {"1.0.0", "4.0.0"})
        self.assertEqual({self.rollout(served) for served in self.SERVED}, {"succeeded"})
        self.assert_as_told("4.0.0")

    def connected(self, host):
        """Whether the controller hears of a host."""
        rows = json.loads(self.muster("get", "hosts", "-o", "json"))["items"]
        return next(row["connected"] for row in rows if row["host"]["name"] == host.name)

    def serve(self, hosts, version):
        """Whether these hosts serve a version, verified."""
        rows = {row["host"]: row for served in self.SERVED for row in self.told(served)["hosts"]}
        return all(
            rows[host.name]["state"] == "verified" and (rows[host.name].get("serving") or {}).get("version") == version
            for host in hosts
        )

    def test_3_controller_killed(self):
        """The controller dies three times in a rollout: the rollout goes on, and ends well."""
        self.comes_to_serve("1.0.0")
        with self.load_on("a controller killed three times in a rollout", self.hosts):
            self.muster(*self.write("2.0.0"))
            rollouts = [self.told(served)["rollout"]["id"] for served in self.SERVED]
            for _ in range(3):
                pid = self.controller.main_pid("muster-controller")
                since = {host: host.now() for host in self.hosts}
                self.controller.run("systemctl", "kill", "--kill-whom=main", "--signal=KILL", "muster-controller")
                wait_for("another controller runs", lambda pid=pid: self.controller.main_pid("muster-controller") not in (0, pid))
                for host in self.hosts:
                    wait_for(f"{host.name} is back", lambda host=host, since=since: self.sessions(host, since[host]), seconds=90)
            self.succeeds()
            self.assertEqual([self.told(served)["rollout"]["id"] for served in self.SERVED], rollouts)
        self.assert_as_told("2.0.0")

    def test_4_full_disk_of_the_controller(self):
        """No room for the store in the middle of a rollout: writes are refused and say why, sessions go on, all of it recovers."""
        self.comes_to_serve("1.0.0")
        with self.load_on("a controller without room", self.hosts) as loads:
            self.muster(*self.write("2.0.0", waves="[1, 100%]", stableFor="15s", maxFailed=0))
            wait_for("the first host has switched", lambda: any("2.0.0" in load.versions for load in loads.values()), seconds=180)
            since = {host: host.now() for host in self.hosts}
            pid = self.controller.main_pid("muster-controller")
            self.controller.ask("sh", "-c", f"cat /dev/zero >{DATA}/filled")
            full = time.monotonic()
            # The log of the store has room that it uses again and again: only what is more than that is refused.
            answers = (self.label(number) for number in range(400))
            status, said = next((answer for answer in answers if answer[0] != 200), (200, "every write was taken"))
            self.assertEqual(status, 503, said)
            self.assertIn("database or disk is full", said)
            self.assertEqual(self.rollout(BROUGHT), "progressing")
            code, said = self.controller.ask("muster", "label", "host/ulm-1", "rack=7")
            self.assertEqual(code, 1)
            self.assertRegex(said, r"not available: .*disk is full.*free disk space")
            wait_for("every lease would have lapsed", lambda: time.monotonic() - full > APART, seconds=APART + 10, pace=1)
            for host in self.hosts:
                self.assertTrue(self.connected(host), f"{host.name} is called away")
                self.assertEqual(self.sessions(host, since[host]), 0, f"{host.name} has lost its session")
            self.controller.run("rm", f"{DATA}/filled")
            freed = time.monotonic()
            self.succeeds()
            self.figure("room-to-succeeded", time.monotonic() - freed, "s")
            self.assertEqual(self.controller.main_pid("muster-controller"), pid, "the controller has ended")
            self.muster("label", "host/ulm-1", "rack=7")
        self.assert_as_told("2.0.0")

    def test_5_certificate_ended(self):
        """A host's certificate ends while there is no controller: it serves on, and comes back by the key that it bound."""
        host = self.hosts[0]
        self.comes_to_serve("1.0.0")
        server = host.server()
        with self.load_on("a certificate that ends", self.hosts):
            self.short_certificate(host)
            self.controller.run("systemctl", "stop", "muster-controller")
            host.run("sh", "-c", "cat /bed/short.pem >/var/lib/muster-agent/certificate.pem && systemctl restart muster-agent")
            wait_for("the certificate has ended", lambda: self.certificate(host, "-checkend", "0")[0] == 1, seconds=60, pace=1)
            since = host.now()
            self.controller.run("systemctl", "start", "muster-controller")
            wait_for(f"{host.name} is linked", host.linked, seconds=120)
            self.assertEqual(self.certificate(host, "-checkend", str(6 * 86_400))[0], 0, "there is no new certificate")
            self.assertTrue(any("certificate renewed by the host's key" in text for _, text in host.journal(since=since)))
            records = [json.loads(line) for line in self.muster("audit", f"host/{host.name}", "-o", "json").splitlines()]
            renewals = [json.loads(record["after"])["by"] for record in records if record["verb"] == "renew"]
            self.assertEqual(renewals, ["bound key"])
            self.assertEqual(host.server(), server)
        for other in self.hosts:
            wait_for(f"{other.name} is linked", other.linked, seconds=90)
        self.assert_as_told("1.0.0")

    @staticmethod
    def certificate(host, *words):
        """Asks openssl of the host's certificate."""
        return host.ask("openssl", "x509", "-in", "/var/lib/muster-agent/certificate.pem", "-noout", *words)

    def short_certificate(self, host):
        """Has the authority sign the host's key for some seconds: /bed/short.pem. A real one lasts for seven days."""
        name = re.search(r"URI:(\S+)", self.certificate(host, "-ext", "subjectAltName")[1])[1]
        host.run("openssl", "req", "-new", "-key", "/var/lib/muster-agent/key.pem", "-subj", "/O=Muster host/CN=short", "-out", "/bed/short.csr")
        (self.bed.work / "authority.conf").write_text(AUTHORITY.format(name=name))
        ends = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(host.now() + SHORT))
        began = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(host.now() - 3600))
        self.controller.run(
            "sh", "-c",
            "rm -rf /tmp/authority && mkdir /tmp/authority && : >/tmp/authority/index && openssl ca -batch -notext "
            f"-config /bed/authority.conf -cert {DATA}/authority.pem -keyfile {DATA}/authority-key.pem "
            f"-startdate {began} -enddate {ends} -in /bed/short.csr -out /bed/short.pem",
        )

    def test_6_restored_from_a_backup(self):
        """The controller's disk is lost: restored from a backup that is older than the fleet, it moves nothing until it may."""
        self.comes_to_serve("1.0.0")
        self.controller.run("muster-controller", "backup", "--data", DATA, "--to", BACKUP)
        self.comes_to_serve("2.0.0")
        servers = {host: host.server() for host in self.hosts}
        enrolments = self.enrolments()
        with self.load_on("a controller restored from a backup", self.hosts) as loads:
            self.controller.run("sh", "-c", "systemctl kill --signal=KILL muster-controller; systemctl stop muster-controller")
            self.controller.run("umount", DATA)
            self.new_disk()
            said = self.controller.run("muster-controller", "restore", "--from", BACKUP, "--data", DATA)
            self.assertRegex(said, "now of epoch 2, frozen")
            self.controller.run("systemctl", "start", "muster-controller")
            for host in self.hosts:
                wait_for(f"{host.name} is linked", host.linked, seconds=120)
            self.assertEqual(self.enrolments(), enrolments)
            self.assertRegex(self.explained(), "(?s)frozen: it was restored from the backup.*muster-controller thaw")
            wait_for("every host has said what it serves", lambda: "Not heard" not in self.thaw()[1], seconds=60, pace=1)
            code, said = self.thaw()
            self.assertEqual(code, 1, said)
            for host in self.hosts:
                self.assertRegex(said, rf"{self.served_on(host).name} on {host.name}: revision \d+ .* → revision \d+ \(\w+, version 1.0.0\)")
            self.assertEqual({host: host.server() for host in self.hosts}, servers, "something has moved while it was frozen")
            self.assertEqual([load.versions for load in loads.values()], [{"2.0.0"}] * len(self.hosts))
            code, said = self.thaw("--confirm", "--reason", "the disk was lost")
            self.assertEqual(code, 0, said)
            self.assertTrue(self.comes_to("1.0.0", seconds=300), self.explained())
        self.assertIn("the audit is whole", self.muster("audit", "verify"))
        self.assert_as_told("1.0.0")

    def enrolments(self):
        """Which host is known by which instance."""
        rows = json.loads(self.muster("get", "hosts", "-o", "json"))["items"]
        return {row["host"]["name"]: (row["host"]["id"], row["host"]["instance"]) for row in rows}

    def thaw(self, *words):
        """As the user that owns the data; the exit code, and all that it says."""
        return self.controller.ask("runuser", "--user", "muster-controller", "--", "muster-controller", "thaw", "--data", DATA, *words)

    def test_7_neighbours_restarted(self):
        """The container engine is restarted and killed: what serves notices nothing, and the next rollout finds it again.

        Triton is restarted: the model that was loaded into it comes back.
        """
        self.comes_to_serve("1.0.0")
        for host in self.hosts_of(BOXED):
            def kill(host=host):
                # Its service runs for as long as somebody asks it something.
                host.run("systemctl", "start", "podman.service")
                host.run("systemctl", "kill", "--signal=KILL", "podman.service")

            self.serving_untouched(host, "an engine that is killed", kill, version="1.0.0")
            self.serving_untouched(
                host, "an engine that is restarted", lambda host=host: host.run("systemctl", "restart", "podman.socket", "podman.service"),
                version="1.0.0",
            )
        for host in self.hosts_of(LOADED):
            host.run("systemctl", "restart", "triton")
            began = time.monotonic()
            again = self.load(host)
            wait_for("predictions are answered", lambda again=again: again.versions, seconds=60)
            self.figure("triton-restart-to-serving", time.monotonic() - began, "s")
            again.close()
            self.assertEqual(again.versions, {"1.0.0"})
        self.assertTrue(self.comes_to("1.0.0"), self.explained())
        with self.load_on("a rollout after that", self.hosts):
            self.muster(*self.write("2.0.0", BOXED, LOADED))
            self.assert_as_told("2.0.0", BOXED, LOADED)

    def test_8_killed_at_random(self):
        """Agents die again and again while a version is rolled out, and while it is taken back: no prediction fails.

        A transition that was cut short is taken back by the next agent, and ends the rollout; so it is retried when the agents
        are let live. What matters is that every host answers all the while, with what was proven there.
        """
        self.comes_to_serve("1.0.0")
        loads = [self.load(host) for host in self.hosts]
        try:
            kills = self.under_kills(lambda: self.muster(*self.write("2.0.0")), self.retry)
            if not self.comes_to("2.0.0", seconds=60):
                self.retry()
                self.assertTrue(self.comes_to("2.0.0"), self.explained())
            kills += self.under_kills(lambda: self.muster("rollback", "--all", "--reason", "an exercise", "--confirm", "all"))
            self.assertTrue(self.comes_to("1.0.0"), self.muster("rollback", "status"))
        finally:
            ends = [load.close() for load in loads]
        for host, load, (asked, failures) in zip(self.hosts, loads, ends):
            self.assert_answered(host, "agents killed at random", asked, failures)
            self.assertEqual(load.versions, {"1.0.0", "2.0.0"})
            wait_for(f"{host.name} is linked", host.linked)
            wait_for(f"one model server on {host.name}", lambda host=host: len(host.server()) == 1)
        self.assertGreaterEqual(kills, 50)
        print(f"-- {kills} kills of agents, {sum(asked for asked, _ in ends)} predictions, 0 failed", flush=True)

    def retry(self):
        """Rolls out once more what was cut short."""
        for served in self.SERVED:
            if self.rollout(served) == "aborted":
                self.muster("rollout", "retry", served.name)

    def under_kills(self, act, again=lambda: None, least=25, seed=int(os.environ.get("MUSTER_FLEET_SEED", "1"))):
        """Does something, and kills the agents at random moments until that has happened so often; how often."""
        chance = random.Random(seed)
        over, kills = threading.Event(), []

        def kill(host):
            # Long enough to be started again and to do something, or not.
            while not over.wait(chance.uniform(0.3, 4)):
                if host.ask("systemctl", "kill", "--kill-whom=main", "--signal=KILL", "muster-agent")[0] == 0:
                    kills.append(host.name)

        killers = [threading.Thread(target=kill, args=(host,), daemon=True) for host in self.hosts]
        for killer in killers:
            killer.start()
        try:
            act()
            wait_for("the agents were killed often", lambda: len(kills) >= least or again(), seconds=300)
        finally:
            over.set()
            for killer in killers:
                killer.join(timeout=60)
        return len(kills)

    def test_9_reboot_without_a_controller(self):
        """Hosts that boot while the controller is away serve what they served; another one notices nothing."""
        booted = [self.hosts_of(served)[0] for served in self.SERVED]
        others = [host for host in self.hosts if host not in booted]
        self.assertTrue(self.comes_to("1.0.0"), self.explained())
        self.controller.run("systemctl", "stop", "muster-controller")
        with self.load_on("hosts that boot beside others", others):
            before = {host: host.server() for host in others}
            for host in booted:
                host.reboot()
                began = time.monotonic()
                again = self.load(host)
                wait_for("predictions are answered", lambda again=again: again.versions, seconds=120)
                self.figure(f"boot-to-serving-{self.served_on(host).name}", time.monotonic() - began, "s")
                again.close()
                self.assertEqual(again.versions, {"1.0.0"})
                self.assertFalse(host.linked())
            self.controller.run("systemctl", "start", "muster-controller")
            for host in self.hosts:
                wait_for(f"{host.name} is linked", host.linked, seconds=90)
            self.assertEqual({host: host.server() for host in others}, before)
        self.assert_as_told("1.0.0")

    def test_a_firewall(self):
        """The firewall flushes every rule of the host; the endpoint comes back right behind it."""
        for served in (BROUGHT, BOXED):
            with self.subTest(served.name):
                self.flush(self.hosts_of(served)[0], served)

    def flush(self, host, served):
        """Does so to one host."""
        host.run("systemctl", "enable", "--now", "nftables")
        before = host.server()
        load = self.load(host)
        try:
            # Its start flushed the rules too: the running agent has seen that.
            wait_for("predictions are answered", lambda: load.versions)
            load.failures.clear()
            for action in ("reload", "restart"):
                host.run("systemctl", action, "nftables")
                seen = load.asked
                wait_for("predictions go on", lambda seen=seen: load.asked > seen + 20)
        finally:
            asked, failures = load.close()
            host.run("systemctl", "disable", "nftables")
        self.assertEqual(host.server(), before)
        # Between the two units no rule leads to the model: clients are refused until the second has run.
        gaps, began, newest = [0.0], None, None
        for instant, _ in failures:
            began = instant if newest is None or instant - newest > 1 else began
            newest = instant
            gaps.append(newest - began + Load.PACE)
        self.figure(f"firewall-reload-gap-{served.name}", max(gaps), "s", "<=2")
        print(f"-- firewall of {host.name}: {asked} predictions, {len(failures)} refused while it had no rules", flush=True)

    def test_b_upgrade_and_downgrade(self):
        """Another version of every agent, and back."""
        for what, package in (("upgrade", packages.remade(self.bed.work, "newer")), ("downgrade", packages.named("muster-agent"))):
            servers = {host: host.server() for host in self.hosts}
            with self.load_on(f"{what} of every agent", self.hosts):
                for host in self.hosts:
                    since = host.now()
                    host.install(package)
                    self.assertTrue(host.linked(), "the package says that it is done, and there is no link")
                    self.figure(f"{what}-link-back-{host.name}", self.link_gap(host, since), "s", "<=3")
            self.assertEqual({host: host.server() for host in self.hosts}, servers, f"{what}: not the same processes")
        self.assert_as_told("1.0.0")

    def test_c_figures(self):
        """Every figure keeps its bar."""
        self.assert_figures()


if __name__ == "__main__":
    unittest.main()
