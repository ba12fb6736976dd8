"""Breaks one rule at a time, and wants the simulator to notice: Deploy/scripts/simulate --mutants.

The checkout is left alone: of the build that stands a copy of the one file that a mutant changes is compiled, and linked
with the objects of all others.

    mutants.py [HISTORIES [NAME…]]     each mutant, or those of these names; the standard run's 300 histories

Only a debug build can be changed so: in others modules are compiled into each other.
"""

import json
import os
import pathlib
import re
import resource
import shlex
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT = (ROOT / ".build/debug").resolve()
COMMANDS = ROOT / ".build/debug.yaml"
# After so long, of a core, a mutant counts as caught: it does not end.
SECONDS = 1200
# What of SwiftPM's own command brings forth anything but objects, and how many words follow it.
LEFT_OUT = {
    "-emit-dependencies": 0, "-emit-module": 0, "-emit-module-path": 1, "-output-file-map": 1, "-incremental": 0,
    "-enable-batch-mode": 0, "-serialize-diagnostics": 0, "-index-store-path": 1, "-parseable-output": 0,
    "-emit-objc-header": 0, "-emit-objc-header-path": 1,
}


def command(of: str) -> list[str]:
    """The command by which SwiftPM makes a module (`X.module`) or a program (`X.exe`)."""
    start = f'  "C.{of.split(".")[0]}-'
    found = False
    for line in COMMANDS.read_text().splitlines() if COMMANDS.exists() else []:
        if line.startswith("  \""):
            found = line.startswith(start) and line.endswith(f'.{of.split(".")[1]}":')
        elif found and line.startswith("    args: "):
            return json.loads(line.removeprefix("    args: "))
    sys.exit(f"SwiftPM has no command for {of} in {COMMANDS}: swift build --product muster-simulate comes first")


def sources(file: str) -> list[str]:
    return [line.strip('"') for line in pathlib.Path(file).read_text().splitlines() if line]


class Bench:
    """One build, and what it takes to make a changed one of it."""

    def __init__(self, scratch: pathlib.Path) -> None:
        self.scratch = scratch
        self.program = scratch / "muster-simulate"
        self.link = command("muster-simulate.exe")
        listed = next(word for word in self.link if word.startswith("@"))
        self.objects = sources(listed[1:])
        self.listed = listed

    def build(self, mutant: dict[str, str]) -> str | None:
        """Makes the program with this mutant in it; returns why that cannot be done."""
        path = ROOT / mutant["file"]
        text = path.read_text()
        if text.count(mutant["old"]) != 1:
            return "its text is not there once"
        changed = self.scratch / path.name
        changed.write_text(text.replace(mutant["old"], mutant["new"]))
        module = pathlib.Path(mutant["file"]).parts[1]
        words = command(f"{module}.module")
        files = sources(next(word for word in words if word.endswith("/sources"))[1:])
        files = [str(changed) if pathlib.Path(file).resolve() == path else file for file in files]
        assert str(changed) in files, f"{mutant['file']} is not in {module}"
        kept = iter([word for word in words if not word.endswith("/sources")])
        compiler = []
        for word in kept:
            if word in LEFT_OUT:
                for _ in range(LEFT_OUT[word]):
                    next(kept)
            else:
                compiler.append(word)
        jobs = subprocess.run(
            [*compiler, "-disable-batch-mode", "-driver-print-jobs", *files], capture_output=True, text=True, check=True)
        job = next(
            words for words in map(shlex.split, jobs.stdout.splitlines())
            if "-primary-file" in words and words[words.index("-primary-file") + 1] == str(changed))
        made = self.scratch / "changed.o"
        job[job.index("-o") + 1] = str(made)
        failure = run(job)
        if failure:
            return failure
        own = str(BUILT / f"{module}.build" / f"{path.name}.o")
        assert own in self.objects, f"{own} is not linked"
        listed = self.scratch / "objects"
        listed.write_text("".join(f"{made if name == own else name}\n" for name in self.objects))
        words = [f"@{listed}" if word == self.listed else word for word in self.link]
        words[words.index("-o") + 1] = str(self.program)
        return run(words)


def run(words: list[str]) -> str | None:
    """What a command says if it fails."""
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode == 0:
        return None
    lines = (done.stdout + done.stderr).splitlines()
    return "; ".join([line for line in lines if "error:" in line][:3] or lines[-3:]) or f"exit code {done.returncode}"


def broken(program: pathlib.Path, *words: str) -> str | None:
    """The line of the first broken rule."""
    done = subprocess.run(
        [program, "--first", *words], capture_output=True, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 10)),
        env=dict(os.environ, SWIFT_DETERMINISTIC_HASHING="1"))
    if done.returncode == -signal.SIGXCPU:
        return f"it has not ended after {SECONDS} s of a core"
    for line in done.stdout.splitlines():
        if line.startswith("BROKEN"):
            return line.removeprefix("BROKEN ")
    return f"it ended with {done.returncode}" if done.returncode else None


class Judge:
    """Runs the histories of a mutant; a seed that breaks a rule without it proves nothing."""

    def __init__(self, program: pathlib.Path, histories: int) -> None:
        self.program = program
        self.histories = histories
        self.sound: set[str] = set()
        self.broken: set[str] = set()

    def verdict(self) -> str | None:
        """What gives the mutant away, if anything does."""
        first = 1
        while first <= self.histories:
            left = str(self.histories - first + 1)
            excepted = ",".join(sorted(self.broken))
            line = broken(self.program, "--seed", str(first), "--histories", left, "--except", excepted)
            seed = re.search(r"seed (\d+)", line or "")
            if line is None or seed is None or self.isSound(seed[1]):
                return line
            first = int(seed[1]) + 1
        return None

    def isSound(self, seed: str) -> bool:
        if seed not in self.sound | self.broken:
            line = broken(BUILT / "muster-simulate", "--histories", "1", "--seed", seed)
            (self.broken if line else self.sound).add(seed)
            if line:
                print(f"broken without any mutant, and left out: {line[:150]}", flush=True)
        return seed in self.sound


def main(scratch: pathlib.Path) -> int:
    histories = sys.argv[1] if len(sys.argv) > 1 else "300"
    words = sys.argv[2:]
    if not histories.isdigit():
        sys.exit(__doc__)
    mutants = json.loads((ROOT / "Tests/Simulation/mutants.json").read_text())
    mutants = [mutant for mutant in mutants if not words or mutant["name"] in words]
    began = time.monotonic()
    bench = Bench(scratch)
    judge = Judge(bench.program, int(histories))
    survivors = []
    for number, mutant in enumerate(mutants, 1):
        at = time.monotonic()
        problem = bench.build(mutant)
        built = time.monotonic()
        line = None if problem else judge.verdict()
        if line is None:
            survivors.append(mutant["name"])
        verdict = f"DOES NOT BUILD: {problem}" if problem else line[:150] if line else "SURVIVES"
        times = f"{built - at:.0f} + {time.monotonic() - built:.0f} s"
        print(f"{number}. {mutant['name']}: {verdict} ({times})", flush=True)
    print(
        f"{len(mutants)} mutants, {histories} histories each, {time.monotonic() - began:.0f} s; "
        f"not caught: {', '.join(survivors) or 'none'}")
    return 1 if survivors or not mutants else 0


# Told to end, it leaves nothing behind.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
with tempfile.TemporaryDirectory(prefix="mutants-", dir=ROOT / ".build") as directory:
    sys.exit(main(pathlib.Path(directory)))
