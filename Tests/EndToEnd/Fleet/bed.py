"""Whole hosts: Debian 12 under its own systemd, in containers of one network. Deploy/scripts/test-fleet sets it up.

Needs CONTAINERS_CONF, MUSTER_HOST_IMAGE, MUSTER_HOST_OPTIONS, MUSTER_PACKAGES (a directory with the packages), MUSTER_TRITON, and MLServer
thrice: MUSTER_MLSERVER_BIN, MUSTER_MLSERVER_WHEELS and MUSTER_MLSERVER_IMAGE.
"""

import json
import os
import pathlib
import pty
import queue
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
MLSERVER = pathlib.Path(os.environ["MUSTER_MLSERVER_BIN"])
IMAGE = os.environ["MUSTER_HOST_IMAGE"]
PORT = 8080


def wait_for(what, ask, seconds=30, pace=0.1):
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
            pause.get(timeout=pace)
        except queue.Empty:
            pass


def podman(*arguments, check=True, timeout=120, **options):
    """Runs podman; its standard output."""
    done = subprocess.run(
        ["podman", *map(str, arguments)], text=True, capture_output=True, timeout=timeout, check=False, **options
    )
    if check and done.returncode != 0:
        raise AssertionError(f"podman {' '.join(map(str, arguments))} exited {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


class Bed:
    """The network, the hosts in it, and the directory /bed that all of them see."""

    def __init__(self, subnet=os.environ.get("MUSTER_FLEET_SUBNET", "10.94.0")):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="muster-fleet-"))
        self.work.chmod(0o755)
        self.network = f"muster-fleet-{os.getpid()}"
        self.subnet = subnet
        self.hosts = []
        # One that was killed has left its network, which has the addresses; what is kept with its hosts stays.
        for other in podman("network", "ls", "--format", "{{.Name}}", "--filter", "name=^muster-fleet-").split():
            if not pathlib.Path("/proc", other.rpartition("-")[2]).exists():
                podman("network", "rm", other, check=False)
        podman("network", "create", "--subnet", f"{subnet}.0/24", self.network)

    def host(self, name):
        """A new host, booted."""
        host = Host(self, name, f"{self.subnet}.{11 + len(self.hosts)}")
        self.hosts.append(host)
        host.boot()
        return host

    def close(self):
        """Removes everything, unless MUSTER_FLEET_KEEP is set."""
        if os.environ.get("MUSTER_FLEET_KEEP"):
            print(f"-- left running: {' '.join(host.container for host in self.hosts)}; network {self.network}; {self.work}")
            return
        for host in self.hosts:
            podman("rm", "--force", "--volumes", "--time", "0", host.container, check=False)
        podman("network", "rm", self.network, check=False)
        shutil.rmtree(self.work, ignore_errors=True)


class Host:
    """One machine, as root sees it."""

    # What the command line of the process that serves begins with, or holds.
    process = r"mlserver start /var/lib/muster-agent/models/"

    def __init__(self, bed, name, address):
        self.bed = bed
        self.name = name
        self.address = address
        self.container = f"{bed.network}-{name}"

    def boot(self):
        """Makes the container and waits until systemd is up."""
        python = pathlib.Path(os.path.realpath(MLSERVER / "python"))
        shared = {MLSERVER.parent} | ({python.parents[1]} if not python.is_relative_to("/usr") else set())
        mounts = [word for path in sorted(shared) for word in ("--volume", f"{path}:{path}:ro")]
        podman(
            "run", "--detach", "--name", self.container, "--hostname", self.name, "--network", self.bed.network,
            "--ip", self.address, *os.environ["MUSTER_HOST_OPTIONS"].split(), *mounts,
            "--volume", f"{self.bed.work}:/bed", "--volume", f"{os.environ['MUSTER_PACKAGES']}:/packages:ro",
            "--volume", f"{os.environ['MUSTER_MLSERVER_WHEELS']}:/wheels:ro",
            "--volume", f"{os.environ['MUSTER_TRITON']}:/triton:ro",
            # An engine's layers cannot lie on a container's own.
            "--volume", "/var/lib/containers",
            IMAGE, "/sbin/init",
        )
        # The environments may stand below a home that only root may pass through.
        self.run("sh", "-c", "chmod o+x " + " ".join(str(parent) for path in shared for parent in path.parents))
        self.is_up()

    def is_up(self):
        """Waits until systemd is."""
        wait_for(f"{self.name} is up", lambda: self.ask("systemctl", "is-system-running")[1].strip() in ("running", "degraded"))

    def ask(self, *command, timeout=120, stdin=None):
        """Runs a command; its exit code, and all that it says."""
        words = ["podman", "exec", *(["--interactive"] if stdin is not None else []), self.container, *map(str, command)]
        done = subprocess.run(
            words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, check=False,
            **({"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}),
        )
        return done.returncode, done.stdout

    def run(self, *command, timeout=120, stdin=None):
        """Runs a command that must succeed; all that it says."""
        code, said = self.ask(*command, timeout=timeout, stdin=stdin)
        assert code == 0, f"{self.name}: {' '.join(map(str, command))} exited {code}:\n{said}"
        return said

    def write(self, path, text):
        """Makes a file, and the directories above it."""
        self.run("sh", "-c", f"mkdir -p {pathlib.Path(path).parent} && umask 022 && cat >{path}", stdin=text)

    def install(self, package):
        """Installs a package, or another version of it, by its path on the host."""
        return self.run("dpkg", "--install", package, timeout=300)

    def on_terminal(self, typed, *command):
        """Runs a command on a terminal, with what a person types; all that it says."""
        leader, follower = pty.openpty()
        words = ["podman", "exec", "--interactive", "--tty", self.container, *command]
        with subprocess.Popen(words, stdin=follower, stdout=follower, stderr=follower, start_new_session=True) as process:
            os.close(follower)
            os.write(leader, typed.encode())
            said = b""
            while True:
                try:
                    part = os.read(leader, 65536)
                except OSError:
                    break
                if not part:
                    break
                said += part
            code = process.wait(timeout=120)
        os.close(leader)
        text = said.decode(errors="replace")
        assert code == 0, f"{self.name}: {' '.join(command)} exited {code}:\n{text}"
        return text

    def reboot(self):
        """Ends everything on the host and boots it again."""
        podman("restart", "--time", "10", self.container)
        self.is_up()

    def cut(self):
        """Takes its power."""
        podman("kill", "--signal", "KILL", self.container)

    def start(self):
        """Gives it power again."""
        wait_for(
            f"{self.name} is off",
            lambda: podman("inspect", "--format", "{{.State.Status}}", self.container).strip() in ("exited", "stopped"),
        )
        podman("start", self.container)
        self.is_up()

    def part(self, other):
        """Lets nothing through between this host and another one."""
        self.run(
            "nft", "--file", "-",
            stdin=f"""table inet partition {{
                chain in {{ type filter hook input priority -200; policy accept; ip saddr {other.address} drop; }}
                chain out {{ type filter hook output priority -200; policy accept; ip daddr {other.address} drop; }}
            }}""",
        )

    def heal(self):
        """Ends that."""
        self.run("nft", "delete", "table", "inet", "partition")

    @staticmethod
    def answers(url):
        """Whether something answers, with a yes."""
        try:
            with urllib.request.urlopen(url, timeout=5):
                return True
        except OSError:
            return False

    # The agent.

    def status(self):
        """What the agent knows; None when none answers."""
        code, said = self.ask("muster-agent", "status", "--output", "json")
        return json.loads(said) if code == 0 else None

    def linked(self):
        """Whether there is a session with the controller."""
        status = self.status()
        return bool(status and status["isConnected"])

    def server(self):
        """What serves the one deployment: the pid and the start of each process, in ticks since the boot."""
        pids = [
            line.split()[0] for line in self.run("ps", "-eo", "pid,args").splitlines()
            if re.search(self.process, line) and "muster-shim" not in line
        ]
        found = []
        for pid in pids:
            code, text = self.ask("cat", f"/proc/{pid}/stat")
            if code == 0:
                found.append((int(pid), int(text.rpartition(")")[2].split()[19])))
        return tuple(found)

    def main_pid(self, unit="muster-agent"):
        """The pid of a unit's process."""
        return int(self.run("systemctl", "show", "--property", "MainPID", "--value", unit))

    def journal(self, unit="muster-agent", since=None):
        """A unit's log: (seconds since 1970, text), oldest first."""
        words = ["journalctl", "--quiet", "--unit", unit, "--output", "json", *(["--since", f"@{since:.6f}"] if since else [])]
        entries = []
        for line in self.run(*words).splitlines():
            entry = json.loads(line)
            text = entry["MESSAGE"]
            if not isinstance(text, str):
                text = bytes(text or []).decode(errors="replace")
            entries.append((int(entry["__REALTIME_TIMESTAMP"]) / 1e6, text))
        return entries

    def now(self):
        """The host's clock."""
        return float(self.run("date", "+%s.%N"))
