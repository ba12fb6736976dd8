"""Breaks one rule at a time in a copy of the sources, and wants the simulator to notice: Deploy/scripts/simulate --mutants."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRATCH = ROOT / ".build-mutants"
TREE = SCRATCH / "tree"
COPIED = ["Package.swift", "Package.resolved", "Sources", "Tests", "Protocols"]


def copy() -> None:
    """Brings the copy up to date; what has not changed keeps its time, so that it is not built again."""
    known = set()
    for name in COPIED:
        top = ROOT / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if not path.is_file() or "__pycache__" in path.parts:
                continue
            other = TREE / path.relative_to(ROOT)
            known.add(other)
            if not other.exists() or other.read_bytes() != path.read_bytes():
                other.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, other)
    for other in [path for path in TREE.rglob("*") if path.is_file()]:
        if other not in known:
            other.unlink()


def build(configuration: str) -> bool:
    done = subprocess.run(
        ["swift", "build", "-c", configuration, "--product", "muster-simulate", "--scratch-path", str(SCRATCH / "build")],
        cwd=TREE, capture_output=True, text=True)
    if done.returncode:
        print("\n".join(line for line in done.stdout.splitlines() if "error" in line)[-2000:])
    return done.returncode == 0


def run(configuration: str, histories: str, *words: str) -> tuple[int, list[str]]:
    """The exit code, and the lines of broken rules."""
    program = SCRATCH / "build" / configuration / "muster-simulate"
    done = subprocess.run(
        [program, "--histories", histories, *words], capture_output=True, text=True,
        env=dict(os.environ, SWIFT_DETERMINISTIC_HASHING="1"))
    return done.returncode, [line for line in done.stdout.splitlines() if line.startswith("BROKEN")]


def caught(configuration: str, histories: str, known: list[str]) -> str | None:
    """The broken rule's line; None when no history broke one that is not broken without the mutant."""
    code, broken = run(configuration, histories, "--first", "--except", ",".join(known))
    if code and not broken:
        return f"the program ended with {code}"
    return broken[0][:160] if broken else None


def main() -> int:
    configuration = os.environ.get("MUSTER_MUTANTS", "debug")
    histories = sys.argv[1] if len(sys.argv) > 1 else "200"
    wanted = sys.argv[2:]
    mutants = json.loads((ROOT / "Tests/Simulation/mutants.json").read_text())
    copy()
    if not build(configuration):
        print("the sources themselves do not build")
        return 1
    _, broken = run(configuration, histories, "--all")
    known = [line.split("seed ")[1].split(",")[0] for line in broken]
    if known:
        print(f"broken without any mutant, and left out: seeds {', '.join(known)}")
    survivors = []
    for mutant in mutants:
        if wanted and not any(word in mutant["name"] for word in wanted):
            continue
        began = time.monotonic()
        path = TREE / mutant["file"]
        original = path.read_text()
        assert original.count(mutant["old"]) == 1, f"{mutant['name']}: its text is not there once"
        try:
            path.write_text(original.replace(mutant["old"], mutant["new"]))
            verdict = caught(configuration, histories, known) if build(configuration) else "does not build"
        finally:
            path.write_text(original)
        if verdict is None or verdict == "does not build":
            survivors.append(mutant["name"])
        print(f"{mutant['name']}: {verdict or 'SURVIVES'} ({time.monotonic() - began:.0f} s)", flush=True)
    print(f"{len(mutants)} mutants, not caught: {survivors or 'none'}")
    return 1 if survivors else 0


sys.exit(main())
