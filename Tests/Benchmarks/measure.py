"""What the benchmarks share: pinning, CPU seconds, memory, and the line that reports a figure."""

import dataclasses
import os
import pathlib
import re
import statistics
import subprocess
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")
SERVER_CORE, CLIENT_CORE = 0, (1 if (os.cpu_count() or 1) > 1 else 0)


@dataclasses.dataclass
class Figure:
    """One figure beside its peer. `bar` is a text: `>=0.5x` of the peer, `<=60` of the unit, or empty."""

    name: str
    value: float
    unit: str
    peer: float | None = None
    bar: str = ""
    note: str = ""

    @property
    def ratio(self):
        """How it stands to its peer."""
        return None if not self.peer else self.value / self.peer

    @property
    def holds(self):
        """Whether the bar is kept; None without a bar."""
        found = re.fullmatch(r"(>=|<=)([0-9.]+)(x?)", self.bar)
        if not found:
            return None
        measured = self.ratio if found[3] else self.value
        return measured is not None and (measured >= float(found[2]) if found[1] == ">=" else measured <= float(found[2]))

    def line(self):
        """NAME VALUE UNIT peer VALUE ratio R bar B holds|short"""
        peer = "-" if self.peer is None else f"{self.peer:.5g}"
        ratio = "-" if self.ratio is None else f"{self.ratio:.2f}"
        verdict = {True: "holds", False: "short", None: "-"}[self.holds]
        note = f"  # {self.note}" if self.note else ""
        return f"{self.name} {self.value:.5g} {self.unit} peer {peer} ratio {ratio} bar {self.bar or '-'} {verdict}{note}"

    def record(self):
        """The same as an object."""
        return {
            "name": self.name, "value": self.value, "unit": self.unit, "peer": self.peer, "ratio": self.ratio,
            "bar": self.bar or None, "holds": self.holds, "note": self.note or None,
        }


def pinned(core, command):
    """The command, on one core."""
    return ["taskset", "-c", str(core), *map(str, command)]


def cpu_seconds(pid):
    """User and system time of a process, in seconds."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


class CPUWindow:
    """Samples a process's CPU time, so that the last seconds of a run can be told from its beginning."""

    def __init__(self, pid):
        self.pid = pid
        self.samples = [(time.monotonic(), cpu_seconds(pid))]
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._sample, daemon=True)

    def _sample(self):
        while not self.over.wait(0.02):
            self.samples.append((time.monotonic(), cpu_seconds(self.pid)))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.samples.append((time.monotonic(), cpu_seconds(self.pid)))

    def last(self, seconds):
        """CPU seconds spent in the last seconds of the window."""
        end, total = self.samples[-1]
        before = [cpu for when, cpu in self.samples if when <= end - seconds]
        return total - (before[-1] if before else self.samples[0][1])


def memory(pid):
    """PSS and private dirty memory of a process, in bytes."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    kib = {name: int(value) for name, value in re.findall(r"^(\w+):\s+(\d+) kB", text, re.MULTILINE)}
    return kib["Pss"] * 1024, kib["Private_Dirty"] * 1024


def kernel_memory():
    """What the kernel holds for everybody (slabs, socket buffers), in bytes: differences are all that counts."""
    text = pathlib.Path("/proc/meminfo").read_text(encoding="ascii")
    slab = int(re.search(r"^Slab:\s+(\d+)", text, re.MULTILINE)[1]) * 1024
    pages = re.search(r"^TCP: .* mem (\d+)", pathlib.Path("/proc/net/sockstat").read_text(encoding="ascii"), re.MULTILINE)
    return slab + (int(pages[1]) * os.sysconf("SC_PAGE_SIZE") if pages else 0)


def settled(read, tolerance=0.01, seconds=20):
    """A reading that has stopped moving: it is asked once a second until two in a row agree."""
    earlier = read()
    for _ in range(seconds):
        time.sleep(1)
        now = read()
        if abs(now - earlier) <= tolerance * max(earlier, 1):
            return now
        earlier = now
    return earlier


def h2load(url, *arguments, seconds, warm_up=2):
    """Runs h2load for some seconds after a warm-up; finished requests in these seconds."""
    done = subprocess.run(
        pinned(CLIENT_CORE, ["h2load", f"--duration={seconds}", f"--warm-up-time={warm_up}", *arguments, url]),
        capture_output=True, text=True, timeout=seconds + warm_up + 120, check=True,
    ).stdout
    counts = re.search(r"requests: \d+ total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed", done)
    if not counts or int(counts[2]) == 0 or int(counts[3]) > 0:
        raise RuntimeError(f"h2load {url} did not succeed:\n{done[-2000:]}")
    return int(counts[2])


def per_cpu_second(pid, run, seconds):
    """What `run` counted, for each CPU second that the server spent in the last `seconds` of it."""
    with CPUWindow(pid) as window:
        count = run()
    return count / max(window.last(seconds), 1 / TICK)


def alternating(rounds, *runs):
    """The median of each run, the runs taking turns, so that a slow minute hits all of them."""
    seen = [[run() for run in runs] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*seen)]
