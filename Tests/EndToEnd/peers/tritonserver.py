"""A real Triton, the ways in which its answers are lost, and clients that ask it all the time."""

import collections
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import urllib.request

from fleet import free_port, wait_for

TRITON = pathlib.Path(os.environ.get("MUSTER_TRITON", "/nonexistent"))
REQUEST = {"inputs": [{"name": "x", "shape": [3], "datatype": "FP32", "data": [1, 2, 3]}]}


class Triton:
    """A server in explicit mode, with a repository of its own, or another's."""

    def __init__(self, repository=None):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="muster-triton-"))
        self.repository = repository or self.work / "models"
        self.repository.mkdir(exist_ok=True)
        self.port, self.metrics = free_port(), free_port()
        self.log = open(self.work / "log", "ab")
        self.process = None
        self.start()

    def start(self):
        """Starts it and waits until it answers."""
        self.process = subprocess.Popen(
            [TRITON / "start", f"--model-repository={self.repository}", "--model-control-mode=explicit",
             "--http-address=127.0.0.1", f"--http-port={self.port}", "--allow-grpc=false",
             "--metrics-address=127.0.0.1", f"--metrics-port={self.metrics}"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True,
        )
        wait_for("Triton answers", lambda: self.process.poll() is not None or self.ask("GET", "/v2/health/live"), 60)

    def kill(self):
        """Ends it at once, and its models with it."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def ask(self, method, path, body=None):
        """Status and body; None when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            return answer.status, answer.read()
        except OSError:
            return None
        finally:
            connection.close()

    def predict(self, model="wine"):
        """What a model answers to one request; None when it does not."""
        answer = self.ask("POST", f"/v2/models/{model}/infer", REQUEST)
        return json.loads(answer[1])["outputs"][0]["data"] if answer and answer[0] == 200 else None

    def index(self):
        """The models that it holds now, by name."""
        entries = json.loads(self.ask("POST", "/v2/repository/index")[1])
        return sorted(entry["name"] for entry in entries if entry.get("state") == "READY")

    def requests(self, model):
        """How many requests its page says that a model has answered."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/metrics", timeout=10) as page:
            lines = page.read().decode().splitlines()
        name = f'nv_inference_request_success{{model="{model}",'
        return sum(int(line.split()[-1]) for line in lines if line.startswith(name))

    def loads(self, model="wine"):
        """How often it has loaded a model of exactly this name."""
        return (self.work / "log").read_text(errors="replace").count(f"successfully loaded '{model}'")

    def has_dropped(self, model):
        """Whether it holds no model of this name any more, that it has begun to load; the index says nothing without a directory."""
        said = (self.work / "log").read_text(errors="replace")
        return f"successfully unloaded '{model}'" in said or f"failed to load '{model}'" in said

    def loading(self):
        """A private name that is being loaded now; None when there is none."""
        said = (self.work / "log").read_text(errors="replace")
        begun = [line.split('"loading: ')[1].split(":")[0] for line in said.splitlines() if '"loading: wine.muster-' in line]
        return begun[-1] if begun and f"successfully loaded '{begun[-1]}'" not in said else None

    def close(self):
        """Ends it and removes its files."""
        if self.process.poll() is None:
            self.kill()
        self.log.close()
        shutil.rmtree(self.work, ignore_errors=True)


class Relay:
    """A way to a server that can be mute, so that no answer arrives, and cut, so that nothing is heard either; the server goes on."""

    def __init__(self, server):
        self.server = server
        self.is_mute = self.is_cut = False
        self.taken = 0
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        """Joins every connection with one to the server."""
        while True:
            try:
                near = self.listener.accept()[0]
            except OSError:
                return
            self.taken += 1
            if self.is_cut:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self.server.port))
            self.sockets += (near, far)
            for ends in ((near, far, False), (far, near, True)):
                threading.Thread(target=self.carry, args=ends, daemon=True).start()

    def carry(self, source, target, answers):
        """Hands on what arrives, until either ends."""
        try:
            while data := source.recv(1 << 16):
                if not (answers and self.is_mute):
                    target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            end.close()

    def count(self, seconds):
        """How many connections are made in so many seconds."""
        before = self.taken
        threading.Event().wait(seconds)
        return self.taken - before

    def mute(self):
        """From now on answers are lost."""
        self.is_mute = True

    def cut(self):
        """From now on connections end."""
        self.is_cut = True
        for end in self.sockets:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.sockets.clear()

    def mend(self):
        """From now on all is well."""
        self.is_mute = self.is_cut = False

    def close(self):
        """Ends it."""
        self.cut()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Clients:
    """Requests one after the other, on connections that are kept, until the block ends; what was answered, and how often."""

    def __init__(self, server, count=2):
        self.server = server
        self.seen = [collections.Counter() for _ in range(count)]
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(seen,)) for seen in self.seen]

    def run(self, seen):
        """One client's life."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        while not self.stop.is_set():
            try:
                connection.request("POST", "/v2/models/wine/infer", json.dumps(REQUEST))
                answer = connection.getresponse()
                body = answer.read()
                seen[json.loads(body)["outputs"][0]["data"][0] if answer.status == 200 else f"{answer.status} {body[:200]}"] += 1
            except (OSError, http.client.HTTPException) as error:
                seen[repr(error)] += 1
                connection.close()
        connection.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()
        self.total = sum(self.seen, collections.Counter())
