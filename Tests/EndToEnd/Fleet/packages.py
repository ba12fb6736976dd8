"""The packages under test, and others made of them: a second version, and agents with a defect."""

import os
import pathlib
import re
import subprocess

PACKAGES = pathlib.Path(os.environ["MUSTER_PACKAGES"])


def named(name):
    """The one package of this name, as a host sees it."""
    found = sorted(PACKAGES.glob(f"{name}_*.deb"))
    assert len(found) == 1, f"{PACKAGES} holds {len(found)} packages of {name}: make them with Deploy/packages/build"
    return f"/packages/{found[0].name}"


def version(name="muster-agent"):
    """Its version."""
    return named(name).split("_")[1]


def tarball():
    """The tarball, as a host sees it."""
    found = sorted(PACKAGES.glob("muster-agent-*.tar.gz"))
    assert len(found) == 1, f"{PACKAGES} holds {len(found)} tarballs"
    return f"/packages/{found[0].name}"


def remade(work, suffix, run=None):
    """The agent's package as a later version; `run` replaces what `muster-agent run` does. Its path on a host.

    The programs are the same ones: what an upgrade does to a host does not depend on what else is in them. A defect is a
    script in the agent's place, which hands every other command to the real one.
    """
    path = work / f"muster-agent_{suffix}.deb"
    root = work / f"muster-agent_{suffix}"
    subprocess.run(["dpkg-deb", "--raw-extract", PACKAGES / named("muster-agent").rsplit("/", 1)[1], root], check=True)
    control = root / "DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: (.*)$", rf"Version: \1+{suffix}", control.read_text()))
    if run is not None:
        program = root / "usr/bin/muster-agent"
        program.rename(root / "usr/bin/muster-agent.real")
        program.write_text(run)
        program.chmod(0o755)
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "--build", root, path], check=True, capture_output=True)
    subprocess.run(["rm", "-r", root], check=True)
    return f"/bed/{path.name}"


# Ends at once, with nothing to tell but that.
ENDS = """#!/bin/sh
[ "$1" = run ] || exec /usr/bin/muster-agent.real "$@"
echo "this build is broken: it ends at once" >&2
exit 1
"""

# Reads a journal that it takes for damaged: the real agent's own judgement, on a copy with a flipped byte.
MISREADS = """#!/bin/sh
[ "$1" = run ] || exec /usr/bin/muster-agent.real "$@"
rm -rf /tmp/misread
mkdir -m 0700 /tmp/misread
cp /var/lib/muster-agent/*.pem /var/lib/muster-agent/agent.json /var/lib/muster-agent/journal /tmp/misread/
printf X | dd of=/tmp/misread/journal bs=1 seek=64 conv=notrunc 2>/dev/null
exec /usr/bin/muster-agent.real run --data /tmp/misread --endpoint off --shim /usr/bin/muster-shim
"""

# Says that it is ready, and never dials.
NEVER_LINKS = """#!/usr/bin/python3
import os, signal, socket, sys
if sys.argv[1:2] != ["run"]:
    os.execv("/usr/bin/muster-agent.real", ["/usr/bin/muster-agent.real", *sys.argv[1:]])
print("this build is broken: it never dials", file=sys.stderr, flush=True)
name = os.environ["NOTIFY_SOCKET"]
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
    manager.sendto(b"READY=1", "\\0" + name[1:] if name.startswith("@") else name)
signal.pause()
"""
