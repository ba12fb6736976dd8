"""The packages themselves: the same bytes each time, what is in them, and what a person is told."""

import hashlib
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import packages
from bed import ROOT

BUILD = ROOT / "Deploy/packages/build"
FOUR_PARTS = re.compile(r"^error: .+\n  where: .+\n  why:   .+\n  next:  .+$", re.MULTILINE)


def digests(directory):
    """Every file's SHA-256 by its name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(directory.iterdir())}


class PackagesTest(unittest.TestCase):
    """Made by Deploy/packages/build."""

    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="muster-packages-"))
        self.addCleanup(subprocess.run, ["rm", "-r", self.work], check=True)

    def unpacked(self):
        """The programs of all packages in one directory, and each package's files below its name."""
        programs = self.work / "programs"
        programs.mkdir()
        for name in ("muster-agent", "muster-controller", "muster"):
            path = packages.PACKAGES / packages.named(name).rsplit("/", 1)[1]
            subprocess.run(["dpkg-deb", "--extract", path, self.work / name], check=True)
            for program in (self.work / name / "usr/bin").iterdir():
                (programs / program.name).symlink_to(program)
        return programs

    def build(self, *words, **variables):
        """Runs the build; its exit code, and all that it says."""
        done = subprocess.run(
            ["bash", BUILD, *map(str, words)], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            env={**os.environ, "MUSTER_PACKAGE_COMPRESSION": "none", **variables}, stdin=subprocess.DEVNULL, timeout=300,
        )
        return done.returncode, done.stdout

    def test_same_bytes(self):
        programs = self.unpacked()
        made = []
        for name, mask in (("one", 0o022), ("two", 0o077)):
            before = os.umask(mask)
            try:
                code, said = self.build(self.work / name, "--programs", programs, "--version", "1.2.3", SOURCE_DATE_EPOCH="1700000000")
            finally:
                os.umask(before)
            self.assertEqual(code, 0, said)
            made.append(digests(self.work / name))
        self.assertEqual(made[0], made[1])
        self.assertEqual(len(made[0]), 4)

    def test_what_is_in_them(self):
        self.unpacked()
        agent = self.work / "muster-agent"
        for path in (
            "usr/bin/muster-agent", "usr/bin/muster-shim", "usr/sbin/muster-agent-setup", "etc/muster/agent.env",
            "usr/lib/systemd/system/muster-agent.service", "usr/lib/systemd/system/muster-endpoint.service",
            "usr/lib/sysusers.d/muster-agent.conf", "usr/share/man/man8/muster-agent.8.gz", "usr/share/doc/muster-agent/copyright",
            "usr/share/doc/muster-agent/examples/policy.conf",
        ):
            self.assertTrue((agent / path).exists(), path)
        command = self.work / "muster"
        for path in (
            "usr/share/man/man1/muster.1.gz", "usr/share/bash-completion/completions/muster",
            "usr/share/zsh/vendor-completions/_muster", "usr/share/fish/vendor_completions.d/muster.fish",
        ):
            self.assertTrue((command / path).exists(), path)
        shipped = {path.name: path.read_bytes() for path in (command / "usr/share/muster/runtimes").iterdir()}
        self.assertEqual(shipped, {path.name: path.read_bytes() for path in (ROOT / "Deploy/runtimes").glob("*.yaml")})
        path = packages.PACKAGES / packages.named("muster-agent").rsplit("/", 1)[1]
        scripts = self.work / "control"
        subprocess.run(["dpkg-deb", "--control", path, scripts], check=True)
        self.assertEqual((scripts / "conffiles").read_text(), "/etc/muster/agent.env\n")
        for script in ("preinst", "postrm"):
            # Nothing else is on the disk when these run.
            self.assertNotIn("# @", (scripts / script).read_text())
        for script in ("preinst", "postinst", "prerm", "postrm"):
            subprocess.run(["sh", "-n", scripts / script], check=True)

    def test_what_a_person_is_told(self):
        for words in (["--colour"], ["--only", "kernel"], ["--programs", self.work]):
            code, said = self.build(*words)
            self.assertEqual(code, 1, said)
            self.assertRegex(said, FOUR_PARTS)


if __name__ == "__main__":
    unittest.main()
