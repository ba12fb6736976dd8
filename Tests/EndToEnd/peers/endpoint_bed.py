"""Two network namespaces with a cable between them: `host` with the agent's real switch, `far` with the clients of other hosts.

Only addresses inside these namespaces are ever asked. Needs CAP_NET_ADMIN; `missing()` says what is not there.
"""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import policy  # noqa: F401  (agents that are started from here have it)

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ.get("MUSTER_BIN_DIR", "."))
HOST, FAR = "10.90.0.1", "10.90.0.2"
HOST6, FAR6 = "fd10:90::1", "fd10:90::2"
#: A bridge of the host's with two containers' worth of namespaces behind it.
BRIDGE, BOX, OTHER_BOX = "10.91.0.1", "10.91.0.2", "10.91.0.3"
#: More addresses for clients: one has about 28,000 ports.
FAR_MORE = [f"10.90.0.{number}" for number in range(10, 26)]
ENDPOINT, BLUE, GREEN = 8080, 18001, 18002


def missing():
    """What stands in the way of these tests here; None when nothing does."""
    for program in ("nft", "ip", "unshare"):
        if not shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            return f"no {program}: run Deploy/scripts/setup"
    probe = subprocess.run(["ip", "netns", "add", f"muster-probe-{os.getpid()}"], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        return f"no network namespaces here (CAP_SYS_ADMIN and CAP_NET_ADMIN): {probe.stderr.strip()}"
    subprocess.run(["ip", "netns", "delete", f"muster-probe-{os.getpid()}"], check=False)
    return None


def wait_for(what, seen, seconds=10):
    """Asks until something is so; returns it."""
    deadline = time.monotonic() + seconds
    while True:
        value = seen()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not so in {seconds} s: {what}")
        os.sched_yield()


class Bed:
    """The namespaces and what runs in them; everything is ended and removed by `close`."""

    def __init__(self):
        self.stack = contextlib.ExitStack()
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="muster-endpoint-"))
        self.stack.callback(shutil.rmtree, self.work, True)
        self.host, self.far = f"muster-h{os.getpid()}", f"muster-f{os.getpid()}"
        try:
            self._lay()
        except BaseException:
            self.stack.close()
            raise

    def _lay(self):
        for name in (self.host, self.far):
            run("ip", "netns", "add", name)
            self.stack.callback(run, "ip", "netns", "delete", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", self.host, "link", "add", "m0", "type", "veth", "peer", "name", "m0", "netns", self.far)
        for name, four, six in ((self.host, HOST, HOST6), (self.far, FAR, FAR6)):
            run("ip", "-n", name, "address", "add", f"{four}/24", "dev", "m0")
            run("ip", "-n", name, "address", "add", f"{six}/64", "dev", "m0", "nodad")
            run("ip", "-n", name, "link", "set", "m0", "up")
        for address in FAR_MORE:
            run("ip", "-n", self.far, "address", "add", f"{address}/24", "dev", "m0")

    def boxes(self):
        """Lays the bridge; the names of what stands behind it, as container engines have it."""
        run("ip", "-n", self.host, "link", "add", "br0", "type", "bridge")
        run("ip", "-n", self.host, "address", "add", f"{BRIDGE}/24", "dev", "br0")
        run("ip", "-n", self.host, "link", "set", "br0", "up")
        run(*self.command(self.host, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1"))
        names = []
        for number, address in enumerate((BOX, OTHER_BOX)):
            name = f"muster-b{number}-{os.getpid()}"
            names.append(name)
            run("ip", "netns", "add", name)
            self.stack.callback(run, "ip", "netns", "delete", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
            run("ip", "-n", self.host, "link", "add", f"b{number}", "type", "veth", "peer", "name", "eth0", "netns", name)
            run("ip", "-n", self.host, "link", "set", f"b{number}", "master", "br0", "up")
            # As Podman has it: one may ask for itself.
            run("ip", "-n", self.host, "link", "set", f"b{number}", "type", "bridge_slave", "hairpin", "on")
            run("ip", "-n", name, "address", "add", f"{address}/24", "dev", "eth0")
            run("ip", "-n", name, "link", "set", "eth0", "up")
            run("ip", "-n", name, "route", "add", "default", "via", BRIDGE)
        # Whoever is on the same cable may try.
        run("ip", "-n", self.far, "route", "add", "10.91.0.0/24", "via", HOST)
        return names

    def bridge_plainly(self):
        """Without Docker's setting, with which a neighbour on the bridge is cut but not told: the kernel loses the reset."""
        run(*self.command(self.host, "sysctl", "-e", "-q", "-w", "net.bridge.bridge-nf-call-iptables=0"))

    def part(self, *boxes):
        """The two boxes reach each other through the host from now on, as containers of two networks do."""
        run(*self.command(self.host, "sysctl", "-q", "-w", "net.ipv4.conf.all.send_redirects=0",
                          "net.ipv4.conf.br0.send_redirects=0"))
        for name, address in zip(boxes, (OTHER_BOX, BOX), strict=True):
            run("ip", "-n", name, "route", "add", f"{address}/32", "via", BRIDGE)

    def close(self):
        """Ends everything."""
        self.stack.close()

    def command(self, namespace, *words):
        """The words that run a command in a namespace (the one of the machine when None)."""
        return [*(["ip", "netns", "exec", namespace] if namespace else []), *map(str, words)]

    def start(self, namespace, *words, **more):
        """Starts a program; it is ended with the bed."""
        process = subprocess.Popen(self.command(namespace, *words), text=True, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, **more)
        self.stack.callback(end, process)
        return process

    def serve(self, port, namespace=None, address="::", name=None):
        """A model server that answers its port's number, on all addresses of both families."""
        process = self.start(namespace or self.host, sys.executable, HERE / "endpoint_server.py", address, port, name or port)
        assert process.stdout.readline() == "listening\n"
        return process

    def ask(self, namespace, address, port, timeout=5):
        """One fresh request: what answers, or the name of the failure."""
        program = (
            "import socket, sys\n"
            "try:\n"
            "    s = socket.create_connection((sys.argv[1], int(sys.argv[2])), float(sys.argv[3]))\n"
            "    s.sendall(b'GET / HTTP/1.1\\r\\nhost: x\\r\\nconnection: close\\r\\n\\r\\n')\n"
            "    print(s.makefile('rb').read().rpartition(b'\\r\\n\\r\\n')[2].decode())\n"
            "except OSError as error:\n"
            "    print(type(error).__name__)\n"
        )
        done = subprocess.run(self.command(namespace, sys.executable, "-c", program, address, port, timeout),
                              capture_output=True, text=True, check=True, timeout=30)
        return done.stdout.strip()

    def nft(self, *words):
        """Somebody's `nft` in the host's namespace."""
        return run(*self.command(self.host, "nft", *words))

    def agent_switch(self, ports="18000-18999", namespace=None, prefix=()):
        """The agent's switch, running."""
        return Switch(self, namespace or self.host, ports, prefix)

    def refused_switch(self, ports="18000-18999", prefix=()):
        """What the switch says when it does not start."""
        command = self.command(self.host, *prefix, BIN / "muster-endpoint", self.work / "endpoints", ports)
        done = subprocess.run(command, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL, timeout=30)
        return done.stdout


class Switch:
    """A running `muster-endpoint`, see Tests/Helpers."""

    def __init__(self, bed, namespace, ports, prefix):
        self.log = open(bed.work / "switch.log", "a+", encoding="utf-8")
        bed.stack.callback(self.log.close)
        self.process = bed.start(namespace, *prefix, BIN / "muster-endpoint", bed.work / "endpoints", ports, stderr=self.log)
        self.milliseconds = 0.0
        self.answer()

    def answer(self):
        """The next line's answer; raises with the message of an error."""
        line = self.process.stdout.readline().rstrip("\n")
        verdict, _, rest = line.partition(" ")
        if verdict != "ok":
            raise RuntimeError(rest or "the switch has ended")
        took, _, value = rest.partition(" ")
        self.milliseconds = float(took)
        return value

    def tell(self, *words):
        """One command."""
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def said(self):
        """Its log."""
        self.log.seek(0)
        return self.log.read()

    def end(self):
        """Ends it, as by kill -9."""
        self.process.kill()
        self.process.wait()


def run(*words):
    """Runs a command that must succeed; what it printed."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout


def end(process):
    """Ends a process that the bed started."""
    if process.poll() is None:
        process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream:
            with contextlib.suppress(OSError):
                stream.close()
