"""A controller of its own for each test module, and an agent that shares no code with ours: Python's grpcio.

Needs MUSTER_BIN_DIR (the built programs) and runs on MUSTER_PEERS_PYTHON, as Deploy/scripts/test sets them.
"""

import atexit
import hashlib
import importlib
import json
import os
import pathlib
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid

import grpc
from grpc_tools import protoc

import policy  # noqa: F401  (agents that are started from here have it)

ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN = pathlib.Path(os.environ["MUSTER_BIN_DIR"]).resolve()
SERVICE = "/muster.agent.v1.AgentLink/"


def _generated_messages():
    """The link's messages, generated from the .proto that the agent's are generated from."""
    out = tempfile.mkdtemp(prefix="muster-peers-")
    atexit.register(shutil.rmtree, out, True)
    protocols = ROOT / "Protocols"
    source = "muster/agent/v1/link.proto"
    if protoc.main(["protoc", f"-I{protocols}", f"--python_out={out}", str(protocols / source)]) != 0:
        sys.exit(f"error: {source} cannot be compiled for Python")
    sys.path.insert(0, out)
    return importlib.import_module("muster.agent.v1.link_pb2")


link = _generated_messages()


def free_port():
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, ask, seconds=20):
    """Asks until the answer is true, and returns it. Waits for a value; the pace is the asking's own."""
    deadline = time.monotonic() + seconds
    pause = queue.SimpleQueue()
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not so within {seconds} s: {what}")
        try:
            pause.get(timeout=0.05)
        except queue.Empty:
            pass


class Controller:
    """A muster-controller on free ports, and the command line that is logged in to it."""

    def __init__(self, prefix=()):
        self.prefix = list(prefix)
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="muster-end-"))
        self.data = self.work / "controller"
        self.agents = f"127.0.0.1:{free_port()}"
        self.api = f"127.0.0.1:{free_port()}"
        self.environment = {**os.environ, "MUSTER_CONFIG": str(self.work / "config"), "NO_COLOR": "1"}
        self.log = open(self.work / "controller.log", "ab")
        self.process = None
        self.start()
        self.muster("login", f"https://{self.api}", "--credentials", str(self.data / "admin-credentials"))

    def start(self):
        """Starts the program and waits until both ports answer."""
        self.process = subprocess.Popen(
            [*self.prefix, BIN / "muster-controller", "--data", self.data, "--listen-agents", self.agents, "--listen-api", self.api],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
        )
        wait_for("the controller listens", self._listens)

    def _listens(self):
        if self.process.poll() is not None:
            raise AssertionError(f"muster-controller exited {self.process.returncode}:\n{self.said()}")
        for place in (self.agents, self.api):
            address, port = place.split(":")
            with socket.socket() as probe:
                if probe.connect_ex((address, int(port))) != 0:
                    return False
        return (self.data / "admin-credentials").exists()

    def kill(self):
        """A power cut, as far as a process can have one."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def restart(self):
        """Stops gracefully and starts again."""
        self.process.terminate()
        self.process.wait(timeout=20)
        self.start()

    def said(self):
        """The end of the log."""
        return (self.work / "controller.log").read_text(errors="replace")[-4000:]

    def close(self):
        """Stops gracefully and removes everything."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"muster-controller did not stop within 20 s of SIGTERM:\n{self.said()}")
            finally:
                self.log.close()
        shutil.rmtree(self.work, ignore_errors=True)

    def run(self, *arguments, program="muster"):
        """Runs a program with the controller's settings; its exit status and all it printed."""
        done = self._run(program, arguments)
        return done.returncode, done.stdout + done.stderr

    def muster(self, *arguments):
        """Runs `muster`, which must succeed; its standard output."""
        done = self._run("muster", arguments)
        said = done.stdout + done.stderr
        assert done.returncode == 0, f"muster {' '.join(map(str, arguments))} exited {done.returncode}: {said}"
        return done.stdout

    def _run(self, program, arguments):
        return subprocess.run(
            [str(BIN / program), *map(str, arguments)], env=self.environment, stdin=subprocess.DEVNULL, text=True,
            capture_output=True, timeout=30, check=False,
        )

    def apply(self, text):
        """Applies a manifest."""
        path = self.work / f"{uuid.uuid4()}.yaml"
        path.write_text(text, encoding="utf-8")
        return self.muster("apply", "-f", path)

    def push(self, name, manifest, files):
        """Pushes a model version with the files of its bundle, by path; what `muster` says of it."""
        bundle, written = self.work / name, self.work / f"{name}.yaml"
        for path, content in files.items():
            (bundle / path).parent.mkdir(parents=True, exist_ok=True)
            (bundle / path).write_bytes(content if isinstance(content, bytes) else content.encode())
        written.write_text(manifest, encoding="utf-8")
        return self.muster("model", "push", bundle, "-f", written)

    def token(self, *arguments):
        """A new enrolment token."""
        return self.muster("host", "token", "create", *arguments).strip()

    def authority(self, token):
        """The authority's certificate (PEM), fetched from the port and checked against the hash in the token."""
        shown = subprocess.run(
            ["openssl", "s_client", "-connect", self.agents, "-showcerts"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False,
        ).stdout
        wanted = token.split("-")[-2]
        for part in shown.split("-----BEGIN CERTIFICATE-----")[1:]:
            pem = "-----BEGIN CERTIFICATE-----" + part.split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
            der = subprocess.run(
                ["openssl", "x509", "-outform", "DER"], input=pem.encode(), capture_output=True, check=True
            ).stdout
            if hashlib.sha256(der).hexdigest() == wanted:
                return pem
        raise AssertionError(f"no certificate on {self.agents} has the token's hash {wanted}:\n{shown[:200]}")


class PeerAgent:
    """An agent as anybody could write it from the .proto: grpcio for calls, openssl for keys."""

    def __init__(self, controller, name, **labels):
        self.controller = controller
        self.name = name
        self.directory = controller.work / f"peer-{name}"
        self.directory.mkdir()
        self.instance = str(uuid.uuid4())
        self.token = controller.token(*(part for key, value in labels.items() for part in ("--label", f"{key}={value}")))
        self.root = controller.authority(self.token)
        self.enrolled = self.enroll(self.token)
        (self.directory / "chain.pem").write_text(self.enrolled.certificate_chain, encoding="ascii")
        (self.directory / "root.pem").write_text(self.enrolled.trust_anchors, encoding="ascii")

    def signing_request(self):
        """A new key in the peer's directory, and a signing request for it."""
        subprocess.run(
            ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-subj", "/CN=peer", "-keyout", self.directory / "key.pem", "-out", self.directory / "csr.pem"],
            capture_output=True, check=True,
        )
        return (self.directory / "csr.pem").read_text(encoding="ascii")

    def enroll(self, token):
        """Token and signing request for a certificate; asked again when the controller says "in a second"."""

        def attempt():
            try:
                return self.enroll_once(token)
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.RESOURCE_EXHAUSTED:
                    raise
                return None

        return wait_for("the controller takes enrolments again", attempt)

    def enroll_once(self, token):
        """Token and signing request for a certificate, over a channel without one."""
        with grpc.secure_channel(self.controller.agents, grpc.ssl_channel_credentials(self.root.encode())) as channel:
            return unary(channel, "Enroll", link.EnrollResponse)(
                link.EnrollRequest(
                    token=token, certificate_signing_request=self.signing_request(), name=self.name,
                    machine_id=uuid.uuid5(uuid.NAMESPACE_DNS, self.name).hex, instance_id=self.instance,
                    agent_version="peer",
                ),
                timeout=20,
            )

    def channel(self):
        """A channel with the peer's certificate."""
        return grpc.secure_channel(
            self.controller.agents,
            grpc.ssl_channel_credentials(
                self.enrolled.trust_anchors.encode(), (self.directory / "key.pem").read_bytes(),
                self.enrolled.certificate_chain.encode(),
            ),
            options=[("grpc.max_receive_message_length", 4 << 20), ("grpc.use_local_subchannel_pool", 1)],
        )

    def session(self):
        """A session after its Hello and Welcome."""
        return Session(self)

    def fetch(self, digest, *arguments):
        """GET of a blob over the same port: HTTP status and body."""
        body = self.directory / "body"
        status = subprocess.run(
            ["curl", "--silent", "--show-error", "--http2", "--max-time", "20", "--cacert", self.directory / "root.pem",
             "--cert", self.directory / "chain.pem", "--key", self.directory / "key.pem", "--output", body,
             "--write-out", "%{http_version} %{http_code}", *arguments,
             f"https://{self.controller.agents}/blobs/sha256/{digest}"],
            capture_output=True, text=True, timeout=30, check=False,
        )
        return status.stdout, body.read_bytes() if body.exists() else b""


class RealAgent:
    """A muster-agent on an address of its own; its replicas are ended with it."""

    def __init__(self, controller, name, address, *labels, endpoint="off", options=()):
        self.controller = controller
        self.endpoint = endpoint
        self.options = options
        self.name, self.address, self.labels = name, address, labels
        self.data = controller.work / name
        status, text = self.enroll()
        assert status == 0, text
        self.log = open(controller.work / f"{name}.log", "ab")
        self.process = None
        self.start()

    def enroll(self, *options):
        """Enrols with a new token; the exit status and all it printed."""
        token = self.controller.token(*(part for label in self.labels for part in ("--label", label)))
        return self.controller.run(
            "enroll", "--controller", self.controller.agents, "--token", token, "--data", self.data, "--name", self.name,
            "--address", self.address, *options, program="muster-agent",
        )

    def start(self):
        """Starts the program."""
        self.process = subprocess.Popen(
            [BIN / "muster-agent", "run", "--data", self.data, "--endpoint", self.endpoint, *self.options],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True,
        )

    def close(self):
        """Ends the agent, then what outlives it."""
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()
        observe = ROOT / "Deploy/scripts/lib/observe.py"
        inside = subprocess.run([sys.executable, observe, "inside", self.data], capture_output=True, text=True, check=True)
        for pid in inside.stdout.split():
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass


class Session:
    """The bidirectional call, with what arrives in a queue."""

    def __init__(self, agent):
        self.agent = agent
        self.channel = agent.channel()
        self.outgoing = queue.SimpleQueue()
        self.leases = 0
        call = self.channel.stream_stream(
            SERVICE + "Session", request_serializer=link.FromAgent.SerializeToString,
            response_deserializer=link.FromController.FromString,
        )
        self.incoming = call(iter(self.outgoing.get, None), timeout=60)
        self.send(
            hello=link.Hello(
                protocol_min=1, protocol_max=1, capabilities=1 << link.CAPABILITY_RECREATE,
                instance_id=agent.instance, machine_id=uuid.uuid5(uuid.NAMESPACE_DNS, agent.name).hex,
                boot="boot-1", agent_version="peer",
            )
        )
        self.welcome = self.next("welcome")

    def send(self, **body):
        """Sends one message."""
        self.outgoing.put(link.FromAgent(**body))

    def next(self, kind):
        """The next message of this kind; others on the way are passed over."""
        for message in self.incoming:
            if message.WhichOneof("body") == kind:
                return getattr(message, kind)
        raise AssertionError(f"the session ended before a {kind} arrived")

    def lease(self):
        """Sends a lease and waits for its acknowledgement."""
        self.leases += 1
        self.send(lease=link.Lease(progress=self.leases, number=self.leases))
        while True:
            ack = self.next("ack")
            if ack.lease >= self.leases:
                return ack

    def close(self):
        """Half-closes, then closes."""
        self.outgoing.put(None)
        self.incoming.cancel()
        self.channel.close()


def unary(channel, method, response):
    """A unary call of the link."""
    return channel.unary_unary(
        SERVICE + method, request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=response.FromString,
    )


def listed(controller, kind):
    """What `muster get KIND -o json` lists."""
    document = json.loads(controller.muster("get", kind, "-o", "json"))
    return document["items"] if isinstance(document, dict) and "items" in document else document
