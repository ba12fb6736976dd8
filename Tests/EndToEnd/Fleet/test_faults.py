"""Whole hosts: power, network, certificates and the controller fail, under a load of predictions."""

import json
import re
import ssl
import time
import unittest
import urllib.error
import urllib.request

import packages
from bed import wait_for
from load import Load
from story import Story

DATA = "/var/lib/muster"
BACKUP = "/var/lib/muster-backup"
# The size of the controller's disk.
DISK = "48m"
# So long a host is kept from its controller, and the controller from its disk, in seconds: leases lapse after 45.
APART = 70
# So long the certificate lasts that is to end, in seconds.
SHORT = 25
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


class FaultsTest(Story):
    """What nobody does on purpose. Each story ends with every host as the controller says."""

    AGENTS = ("lyon-1", "ulm-1", "cloud-1")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.new_disk()
        cls.controller.install(packages.named("muster-controller"))
        cls.controller.install(packages.named("muster"))
        cls.muster("login", "https://127.0.0.1:7444", "--credentials", f"{DATA}/admin-credentials")
        cls.token = json.loads(cls.controller.run("cat", f"{DATA}/admin-credentials"))["token"]
        for host in cls.hosts:
            cls.enrol(host, f"dpkg --install {packages.named('muster-agent')} && muster-agent-setup")
            cls.name_model_server(host)
        cls.push("1.0.0", "2.0.0", "4.0.0")
        cls.comes_to_serve("1.0.0")

    def run(self, result=None):
        """A cls."""
        return super().run(result)

    @classmethod
    def new_disk(cls):
        """Gives the controller's data a disk of their own, which is small."""
        cls.controller.run("sh", "-c", f"mkdir -p {DATA} && mount -t tmpfs -o size={DISK},mode=0700 tmpfs {DATA}")

    @classmethod
    def comes_to_serve(cls, version, **rollout):
        """Has a version rolled out, unless it serves everywhere; what served before has ended then."""
        cls.muster(*cls.write(version, **rollout))
        assert cls.comes_to(version), cls.muster("explain", "deployment/wine")
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
        self.comes_to_serve("1.0.0")
        servers = {host: host.server() for host in self.hosts}
        loads = {host: Load(host.address, self.request) for host in self.hosts}
        try:
            self.muster(*self.write("2.0.0", waves="[1, 100%]", stableFor="20s", maxFailed=0))
            cut = wait_for(
                "a candidate answers", lambda: next((host for host in self.hosts if "2.0.0" in loads[host].versions), None), 180
            )
            cut.cut()
            loads.pop(cut).close()
            cut.start()
            began = time.monotonic()
            again = loads[cut] = Load(cut.address, self.request)
            wait_for("predictions are answered", lambda: again.versions, seconds=120)
            self.figure("power-cut-boot-to-serving", time.monotonic() - began, "s")
            wait_for("the rollout is over", lambda: self.told()["rollout"]["state"] == "aborted", seconds=120, pace=0.5)
            self.assertTrue(self.comes_to("1.0.0"), self.muster("explain", "deployment/wine"))
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
            self.muster("rollout", "retry", "wine")
            self.assert_as_told("2.0.0")

    def test_2_partition(self):
        """A host does not hear of two edits, serves on, and follows the newest when it hears again."""
        self.comes_to_serve("1.0.0", **AT_ONCE)
        apart, *others = self.hosts
        server = apart.server()
        with self.load_on("a partition with two edits inside", self.hosts) as loads:
            began = time.monotonic()
            apart.part(self.controller)
            wait_for("its lease lapses", lambda: not self.connected(apart), seconds=120, pace=1)
            self.figure("lease-lapse", time.monotonic() - began, "s", "<=75")
            for version in ("2.0.0", "4.0.0"):
                self.muster(*self.write(version, **AT_ONCE))
                wait_for(f"{version} on the others", lambda version=version: self.serve(others, version), seconds=180, pace=0.5)
            wait_for("the partition is long enough", lambda: time.monotonic() - began > APART, seconds=APART, pace=1)
            self.assertEqual((loads[apart].versions, apart.server()), ({"1.0.0"}, server))
            self.assertFalse(apart.linked())
            self.figure("partition", time.monotonic() - began, "s")
            apart.heal()
            healed = time.monotonic()
            self.assertTrue(self.comes_to("4.0.0"), self.muster("explain", "deployment/wine"))
            self.figure("healed-to-newest", time.monotonic() - healed, "s")
            self.assertEqual(loads[apart].versions, {"1.0.0", "4.0.0"})
        self.assertEqual(self.told()["rollout"]["state"], "succeeded")
        self.assert_as_told("4.0.0")

    def connected(self, host):
        """Whether the controller hears of a host."""
        rows = json.loads(self.muster("get", "hosts", "-o", "json"))["items"]
        return next(row["connected"] for row in rows if row["host"]["name"] == host.name)

    def serve(self, hosts, version):
        """Whether these hosts serve a version, verified."""
        rows = {row["host"]: row for row in self.told()["hosts"]}
        return all(
            rows[host.name]["state"] == "verified" and (rows[host.name].get("serving") or {}).get("version") == version
            for host in hosts
        )

    def test_3_controller_killed(self):
        """The controller dies three times in a rollout: the rollout goes on, and ends well."""
        self.comes_to_serve("1.0.0")
        with self.load_on("a controller killed three times in a rollout", self.hosts):
            self.muster(*self.write("2.0.0"))
            rollout = self.told()["rollout"]["id"]
            for _ in range(3):
                pid = self.controller.main_pid("muster-controller")
                since = {host: host.now() for host in self.hosts}
                self.controller.run("systemctl", "kill", "--kill-whom=main", "--signal=KILL", "muster-controller")
                wait_for("another controller runs", lambda pid=pid: self.controller.main_pid("muster-controller") not in (0, pid))
                for host in self.hosts:
                    wait_for(f"{host.name} is back", lambda host=host, since=since: self.sessions(host, since[host]), seconds=90)
            self.muster("wait", "deployment/wine", "--for", "succeeded", "--timeout", "3m")
            self.assertEqual(self.told()["rollout"]["id"], rollout)
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
            self.assertEqual(self.told()["rollout"]["state"], "progressing")
            code, said = self.controller.ask("muster", "label", "host/ulm-1", "rack=7")
            self.assertEqual(code, 1)
            self.assertRegex(said, r"not available: .*disk is full.*free disk space")
            wait_for("every lease would have lapsed", lambda: time.monotonic() - full > APART, seconds=APART + 10, pace=1)
            for host in self.hosts:
                self.assertTrue(self.connected(host), f"{host.name} is called away")
                self.assertEqual(self.sessions(host, since[host]), 0, f"{host.name} has lost its session")
            self.controller.run("rm", f"{DATA}/filled")
            freed = time.monotonic()
            self.muster("wait", "deployment/wine", "--for", "succeeded", "--timeout", "3m")
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
            self.assertRegex(self.muster("explain", "deployment/wine"), "(?s)frozen: it was restored from the backup.*muster-controller thaw")
            wait_for("every host has said what it serves", lambda: "Not heard" not in self.thaw()[1], seconds=60, pace=1)
            code, said = self.thaw()
            self.assertEqual(code, 1, said)
            for host in self.hosts:
                self.assertRegex(said, rf"wine on {host.name}: revision \d+ .* → revision \d+ \(\w+, version 1.0.0\)")
            self.assertEqual({host: host.server() for host in self.hosts}, servers, "something has moved while it was frozen")
            self.assertEqual([load.versions for load in loads.values()], [{"2.0.0"}] * len(self.hosts))
            code, said = self.thaw("--confirm", "--reason", "the disk was lost")
            self.assertEqual(code, 0, said)
            self.assertTrue(self.comes_to("1.0.0", seconds=300), self.muster("explain", "deployment/wine"))
        self.assertIn("the audit is whole", self.muster("audit", "verify"))
        self.assert_as_told("1.0.0")

    def enrolments(self):
        """Which host is known by which instance."""
        rows = json.loads(self.muster("get", "hosts", "-o", "json"))["items"]
        return {row["host"]["name"]: (row["host"]["id"], row["host"]["instance"]) for row in rows}

    def thaw(self, *words):
        """As the user that owns the data; the exit code, and all that it says."""
        return self.controller.ask("runuser", "--user", "muster-controller", "--", "muster-controller", "thaw", "--data", DATA, *words)

    def test_9_figures(self):
        """Every figure keeps its bar."""
        self.assert_figures()


if __name__ == "__main__":
    unittest.main()
