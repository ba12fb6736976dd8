"""A controller that is killed again and again while programs write through its API: nothing that it acknowledged is missing,
checked against the writers' own records, and nothing is done twice when they send again what was not answered.

The same with the power cut: Deploy/scripts/lib/power-cut.c takes away what the store had not synced.

  MUSTER_KILLS        how often each, 5 unless said
  MUSTER_KILLS_SEED   when and where; printed
"""

import http.client
import json
import os
import pathlib
import random
import re
import shutil
import ssl
import struct
import subprocess
import tempfile
import threading
import unittest

from fleet import ROOT, Controller

KILLS = int(os.environ.get("MUSTER_KILLS", "5"))
SEED = int(os.environ.get("MUSTER_KILLS_SEED", str(random.randrange(1 << 31))))
WRITERS = 8
KEY = re.compile(r"w\d+-\d+")
STORE = "fleet.sqlite"
PROJECT = "/v1/projects/default"
NEEDED = """
apiVersion: muster/v1
kind: Model
metadata: {name: wine}
spec: {owner: peers}
---
apiVersion: muster/v1
kind: Runtime
metadata: {name: server}
spec:
  driver: process
  command: [serve]
  ports: [http]
  update: recreate
  health: {ready: {http: {port: http, path: /}}}
"""
VERSION = """
apiVersion: muster/v1
kind: ModelVersion
metadata: {name: wine-1}
spec: {model: wine, version: "1", format: text}
"""


def manifest(kind, name, spec):
    """A document as the API takes it."""
    return {"apiVersion": "muster/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


class Wire:
    """One connection to the operator API, as one operator."""

    def __init__(self, controller, token):
        self.address = controller.api
        self.token = token
        self.trust = ssl.create_default_context(cafile=controller.data / "authority.pem")
        self.connection = None

    def call(self, method, path, body=None, key=None):
        """Status and body of an answer; OSError or HTTPException when there was none."""
        if self.connection is None:
            self.connection = http.client.HTTPSConnection(self.address, context=self.trust, timeout=30)
        headers = {"authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["content-type"] = "application/json"
        if key is not None:
            headers["idempotency-key"] = key
        data = None if body is None else json.dumps(body)
        try:
            self.connection.request(method, path if path.startswith("/v1/") else PROJECT + path, data, headers)
            answer = self.connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def read(self, path):
        """What a GET answers, which must succeed."""
        status, body = self.call("GET", path)
        assert status == 200, f"GET {path}: {status} {body}"
        return body

    def close(self):
        """Drops the connection."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Job:
    """One write: its key and reason are found nowhere else."""

    def __init__(self, writer, number):
        self.key = f"w{writer}-{number}"
        self.kind = ("Model", "Deployment", "label", "brief")[number % 4]
        self.brief_is_made = number % 8 < 4
        name = f"wine-{writer}"
        if self.kind == "Model":
            self.object, self.value = ("Model", name), self.key
            self.request = self.apply(manifest("Model", name, {"owner": self.key}))
        elif self.kind == "Deployment":
            self.object, self.value = ("Deployment", name), self.key
            content = {"model": {"name": "wine", "version": "1"}, "runtime": "server", "environment": {"KEY": self.key}}
            scope = {"hosts": "site=nowhere", "endpoint": {"port": 8000 + writer, "to": "http"}}
            self.request = self.apply(manifest("Deployment", name, {"content": content, "scope": scope}))
        elif self.kind == "label":
            self.object, self.value = ("Runtime", f"server-{writer}"), self.key
            body = {"objects": [f"Runtime/server-{writer}"], "set": {"key": self.key}, "reason": self.key}
            self.request = ("POST", "/labels", body)
        else:
            # Made and deleted in turn: what was deleted must not come back.
            self.object, self.value = ("Model", f"brief-{writer}"), self.key if self.brief_is_made else None
            if self.brief_is_made:
                self.request = self.apply(manifest("Model", f"brief-{writer}", {"owner": self.key}))
            else:
                self.request = ("DELETE", f"/models/brief-{writer}?reason={self.key}", None)

    def apply(self, document):
        """The call that applies a document."""
        return ("POST", "/apply", {"documents": [document], "reason": self.key})


class Writer:
    """Writes on and on, and keeps what was acknowledged; one at a time, so that its objects have one right value each."""

    def __init__(self, index, wire):
        self.index = index
        self.wire = wire
        self.number = 0
        self.acknowledged = []
        self.unanswered = None
        self.wrong = None
        self.values = {}

    def run(self, count, enough):
        """Writes until the connection is lost; counts into `count`, and says when it is enough."""
        try:
            while True:
                job = Job(self.index, self.number)
                status, body = self.wire.call(*job.request, key=job.key)
                if status in (429, 503):
                    continue
                assert status == 200, f"{job.request}: {status} {body}"
                self.done(job)
                if count():
                    enough.set()
        except (OSError, http.client.HTTPException):
            self.unanswered = job
        except BaseException as error:  # pylint: disable=broad-exception-caught
            self.wrong = error
            enough.set()

    def done(self, job):
        """It is acknowledged."""
        self.acknowledged.append(job)
        self.values[job.object] = job.value
        self.number += 1

    def settle(self, stored):
        """Sends again what was not answered: it is carried out now, or it is said that it was."""
        job, self.unanswered = self.unanswered, None
        status, body = self.wire.call(*job.request, key=job.key)
        if job.key in stored:
            assert status == 409 and body["code"] == "answer-not-kept", f"{job.key} is stored, and is answered {status} {body}"
        else:
            assert status == 200, f"{job.key} is not stored, and is answered {status} {body}"
        self.done(job)


class Disk:
    """The seam before the store's files, and what a power cut does to them."""

    def __init__(self, work):
        self.journal = work / "power-cut"
        library = work / "power-cut.so"
        clang = pathlib.Path(shutil.which("swiftc")).resolve().parent / "clang"
        subprocess.run(
            [clang, "-O1", "-shared", "-fPIC", "-Wall", "-Werror", "-o", library,
             ROOT / "Deploy/scripts/lib/power-cut.c", "-ldl", "-lpthread"],
            check=True,
        )
        self.prefix = [
            "env", f"LD_PRELOAD={library}", f"MUSTER_POWER_CUT={self.journal}", f"MUSTER_POWER_CUT_FILE={STORE}",
        ]

    def cut(self, chance):
        """Takes back what was not synced, all of it or to some point, of each file by itself. How many writes that were."""
        notes = {}
        data = self.journal.read_bytes()
        place = 0
        while place + 40 <= len(data):
            kind, offset, count, size, length = struct.unpack_from("<5Q", data, place)
            if place + 40 + length + count > len(data):
                break  # It was killed before it had noted it, and so before it wrote.
            path = data[place + 40:place + 40 + length]
            old = data[place + 40 + length:place + 40 + length + count]
            place += 40 + length + count
            if kind == 1:
                notes.setdefault(path, []).append((offset, old, size))
            else:
                notes.pop(path, None)
        undone = 0
        for path, writes in notes.items():
            kept = chance.choice((0, chance.randint(0, len(writes))))
            with open(path, "r+b") as file:
                for offset, old, size in reversed(writes[kept:]):
                    file.seek(offset)
                    file.write(old)
                    file.truncate(size)
                    undone += 1
                if kept > 0 and chance.random() < 0.5:
                    # The last of what is kept is torn between two sectors.
                    offset, old, size = writes[kept - 1]
                    torn = chance.randrange(0, len(old) + 1, 512)
                    file.seek(offset + torn)
                    file.write(old[torn:])
        self.journal.write_bytes(b"")
        return undone


class Story:
    """A controller, its writers, and what the store must hold."""

    def __init__(self, case, disk=None):
        self.chance = random.Random(case.seed)
        self.disk = disk
        self.writers = []
        self.controller = Controller(disk.prefix if disk else ())
        credentials = json.loads((self.controller.data / "admin-credentials").read_text())
        self.admin = Wire(self.controller, credentials["token"])
        case.addCleanup(self.close)
        self.audited = 0
        self.stored = {}
        self.kept = 0
        self.controller.apply(NEEDED)
        for index in range(WRITERS):
            self.controller.apply(NEEDED.split("---")[1].replace("name: server", f"name: server-{index}"))
        self.controller.push("model", VERSION, {"model.txt": "a model"})
        for index in range(WRITERS):
            # Each by its own name: the rate is counted by name.
            status, made = self.admin.call("POST", "/v1/operators", {"name": f"writer-{index}", "role": "operator"})
            assert status == 200, made
            self.writers.append(Writer(index, Wire(self.controller, made["token"])))

    def write_until_killed(self, cut=True):
        """Everybody writes at once, until the controller dies at some moment."""
        enough = threading.Event()
        target = self.chance.randint(1, 250)
        counted = [0]
        mutex = threading.Lock()

        def count():
            with mutex:
                counted[0] += 1
                return counted[0] >= target

        threads = [threading.Thread(target=writer.run, args=(count, enough)) for writer in self.writers]
        for thread in threads:
            thread.start()
        assert enough.wait(120), f"{counted[0]} writes in 120 s:\n{self.controller.said()}"
        self.controller.kill()
        for thread in threads:
            thread.join(60)
        for writer in self.writers:
            if writer.wrong:
                raise writer.wrong
        self.admin.close()
        return self.disk.cut(self.chance) if self.disk and cut else 0

    def read_audit(self):
        """Takes the audit from where it was read to. No number is missing, and nothing was done twice."""
        while True:
            page = self.admin.read(f"/audit?after={self.audited}&limit=500")
            for record in page["items"]:
                assert record["sequence"] == self.audited + 1, f"the audit has a gap before {record['sequence']}"
                self.audited = record["sequence"]
                key = record.get("reason") or ""
                if KEY.fullmatch(key) and record["kind"] in ("Model", "Deployment", "Runtime"):
                    assert key not in self.stored, f"{key} was done twice: {self.stored[key]} and {record}"
                    self.stored[key] = (record["kind"], record["name"])
            if page.get("next") is None:
                return

    def missing(self):
        """Acknowledged writes that are not there; those that were looked for before are not looked for again."""
        missing = []
        for writer in self.writers:
            missing += [job.key for job in writer.acknowledged if self.stored.get(job.key) != job.object]
            self.kept += len(writer.acknowledged)
            writer.acknowledged = []
        return missing

    def check_values(self):
        """Each object is as its writer has left it."""
        for writer in self.writers:
            for (kind, name), value in writer.values.items():
                status, view = self.admin.call("GET", f"/{kind.lower()}s/{name}")
                if status == 404:
                    found = None
                elif kind == "Model":
                    found = view["model"]["owner"]
                elif kind == "Deployment":
                    found = view["deployment"]["content"]["environment"]["KEY"]
                else:
                    found = view["runtime"]["labels"]["key"]
                assert found == value, f"{kind} {name} should be {value}, and is {found}"

    def check(self):
        """After a restart: everything that was acknowledged is there, and what was not answered is there once."""
        self.read_audit()
        missing = self.missing()
        assert not missing, f"acknowledged, and missing: {missing}"
        for writer in self.writers:
            if writer.unanswered:
                writer.settle(self.stored)
        self.read_audit()
        assert not self.missing()
        self.check_values()

    def close(self):
        """The audit is whole to the end."""
        for wire in [self.admin, *(writer.wire for writer in self.writers)]:
            wire.close()
        try:
            self.controller.muster("audit", "verify")
        finally:
            self.controller.close()


class Kills(unittest.TestCase):
    """Each with a controller of its own."""

    def setUp(self):
        self.seed = f"{self.id()} {SEED}"
        print(f"\nMUSTER_KILLS_SEED={SEED}, {KILLS} times", flush=True)

    def tell(self, story, undone=None):
        """What was proven."""
        power = "" if undone is None else f", {undone} writes of the store taken back"
        print(f"{KILLS} times, {story.kept} acknowledged writes: none is missing, none was done twice{power}", flush=True)

    def test_killed(self):
        story = Story(self)
        for _ in range(KILLS):
            story.write_until_killed()
            story.controller.start()
            story.check()
        self.tell(story)

    def disk(self):
        """The seam, in a directory of its own."""
        work = pathlib.Path(tempfile.mkdtemp(prefix="muster-disk-"))
        self.addCleanup(shutil.rmtree, work, True)
        return Disk(work)

    def test_power_cut(self):
        story = Story(self, self.disk())
        undone = 0
        for _ in range(KILLS):
            undone += story.write_until_killed()
            story.controller.start()
            story.check()
        self.tell(story, undone)

    def test_a_disk_that_lies_is_noticed(self):
        """The seam bites: where syncs do nothing, acknowledged writes are lost."""
        story = Story(self, self.disk())
        story.controller.process.terminate()
        story.controller.process.wait(timeout=20)
        honest = story.controller.prefix
        story.controller.prefix = [*honest, "MUSTER_POWER_CUT_LIES=1"]
        story.admin.close()
        story.controller.start()
        story.chance = Always()
        self.assertGreater(story.write_until_killed(), 0)
        story.controller.prefix = honest
        story.controller.start()
        story.read_audit()
        self.assertNotEqual(story.missing(), [])


class Always:
    """Many writes, and all of what was not synced is gone."""

    @staticmethod
    def randint(low, high):
        """The most."""
        return high

    @staticmethod
    def choice(options):
        """The first."""
        return options[0]
