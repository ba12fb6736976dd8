"""The pages of the documentation, read and run as somebody would who types what they show.

A page is Markdown in Sources/muster/muster.docc. Its fenced blocks, by their language:

    console     lines that begin with "$ " are commands (one that ends in a backslash goes on, and so it does with lines that
                begin with "> "), the others are what the command above prints. "…" stands for anything in a line; alone on
                a line for any lines. Runs of spaces are as good as one. A command that exits with anything but 0 is followed
                by "$ echo $?".
    yaml, …     a file, when the first line is a comment with its name: "# deployment.yaml"
    text        what cannot be run here; the page says why. test_pages counts them.
"""

import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
CATALOGUE = ROOT / "Sources/muster/muster.docc"
# Nobody waits longer for a prompt.
LONGEST = 180
NAMESPACES = ["--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
# Reads the names of files with commands, runs each in this one shell, and answers with its exit status.
SHELL = """
ip link set lo up
status=0
while IFS= read -r file; do
    (exit "$status")
    . "$file" </dev/null >"$file.out" 2>&1
    status=$?
    echo "$status"
done
"""


class Block:
    """A fenced block: its language, its lines, the section it stands in, and the number of its first line."""

    def __init__(self, language, section, line):
        self.language = language
        self.section = section
        self.line = line
        self.lines = []

    @property
    def file_name(self):
        """The file that it is the text of; None when it is none."""
        found = re.fullmatch(r"# ([\w./-]+\.\w+)", self.lines[0]) if self.lines else None
        return found[1] if found and self.language not in ("console", "text") else None

    def commands(self):
        """Each command with the lines that it prints, and the number of its line."""
        found = []
        for number, line in enumerate(self.lines, self.line):
            if found and found[-1][0].endswith("\\"):
                found[-1][0] += "\n" + line
            elif found and not found[-1][1] and line.startswith("> "):
                found[-1][0] += "\n" + line[2:]
            elif line.startswith("$ "):
                found.append([line[2:], [], number])
            elif found:
                found[-1][1].append(line)
            else:
                raise AssertionError(f"line {number}: a console block begins with a command, '$ …'")
        return found


def blocks(text):
    """The fenced blocks of a page, in order."""
    found, section, inside = [], "", None
    for number, line in enumerate(text.splitlines(), 1):
        if inside is not None:
            if line.strip() == "```":
                inside = None
            else:
                inside.lines.append(line)
        elif line.startswith("```"):
            inside = Block(line[3:].strip(), section, number + 1)
            found.append(inside)
        elif line.startswith("## "):
            section = line[3:].strip()
    return found


def path(page):
    """A page's file: its name is its own in the whole catalogue."""
    found = list(CATALOGUE.rglob(f"{page}.md"))
    assert len(found) == 1, f"{page}.md is there {len(found)} times"
    return found[0]


def pattern(lines):
    """What the shown lines match."""
    parts = []
    for line in lines:
        if line.strip() == "…":
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append(re.escape(plain(line)).replace("…", ".*?") + r"\n")
    return "".join(parts)


def plain(text):
    """Without what nobody sees: the ends of lines, and how many spaces stand between columns."""
    return re.sub(r"[ \t]+", " ", text).rstrip()


def matches(shown, printed):
    """Whether a command printed what its page shows."""
    text = "".join(plain(line) + "\n" for line in printed.splitlines())
    return re.fullmatch(pattern(shown), text) is not None


class Desk:
    """A shell in a directory, a network and a process tree of its own: the ports of the pages are free there, and what
    was started is gone at the end."""

    def __init__(self, environment):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="muster-pages-"))
        self.home = self.work / "home"
        self.home.mkdir()
        self.count = 0
        self.differences = []
        # A test runner's threads block signals, and what they start inherits that: `kill` would end nothing here.
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        self.process = subprocess.Popen(
            ["unshare", *obstacle_free(), "bash", "--norc", "-c", SHELL], cwd=self.home,
            env={**environment, "HOME": str(self.home)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )

    def run(self, command):
        """Runs a command in the one shell; its exit status and what it printed."""
        self.count += 1
        file = self.work / f"{self.count}"
        file.write_text(command + "\n", encoding="utf-8")
        self.process.stdin.write(f"{file}\n")
        self.process.stdin.flush()
        answers, _, _ = select.select([self.process.stdout], [], [], LONGEST)
        printed = (self.work / f"{self.count}.out").read_text(encoding="utf-8", errors="replace")
        assert answers, f"not done within {LONGEST} s:\n{command}\n{printed}\n{self.processes()}"
        return int(self.process.stdout.readline()), printed

    def processes(self):
        """What runs at this desk, and what each waits for: for whoever looks into a command that does not end."""
        listed = subprocess.run(["ps", "-eo", "pid,ppid,stat,wchan:24,etimes,args"], capture_output=True, text=True, check=False)
        desk = os.readlink(f"/proc/{self.process.pid}/ns/pid_for_children")
        lines = []
        for line in listed.stdout.splitlines()[1:]:
            try:
                if os.readlink(f"/proc/{line.split()[0]}/ns/pid") == desk:
                    lines.append(line)
            except OSError:
                continue
        return "\n".join(lines)

    def write(self, block):
        """Writes a file where the shell is."""
        _, here = self.run("pwd")
        file = pathlib.Path(here.strip()) / block.file_name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(block.lines) + "\n", encoding="utf-8")

    def agree(self, *more):
        """Everything was printed as it is shown; all that was not is said at once."""
        differences, self.differences = [*self.differences, *more], []
        assert not differences, "\n\n".join(["the documentation and the programs differ", *differences])

    def close(self):
        """Ends everything that was started here."""
        self.process.kill()
        self.process.communicate()
        shutil.rmtree(self.work, ignore_errors=True)


def obstacle_free():
    """The options of `unshare` with which this user gets namespaces."""
    for options in (NAMESPACES, ["--user", "--map-root-user", *NAMESPACES]):
        if shutil.which("ip") and subprocess.run(["unshare", *options, "true"], capture_output=True, check=False).returncode == 0:
            return options
    raise unittest.SkipTest("no network and process namespaces here: run as root")


def follow(desk, page, sections=None):
    """Does what a page says, or what these sections of it say; the number of commands."""
    count = 0
    for block in blocks(path(page).read_text(encoding="utf-8")):
        if sections is not None and block.section not in sections:
            continue
        if block.file_name:
            desk.write(block)
        if block.language == "console":
            count += follow_block(desk, page, block)
    return count


def follow_block(desk, page, block):
    """Runs the commands of a block, and compares."""
    commands = block.commands()
    for index, (command, shown, line) in enumerate(commands):
        place = f"{page}.md:{line}: $ {command}"
        status, printed = desk.run(command)
        asked = index + 1 < len(commands) and commands[index + 1][0] == "echo $?"
        if not matches(shown, printed):
            desk.differences.append(f"{place}\nprinted:\n{printed}\nthe page shows:\n" + "\n".join(shown) + "\n")
        if status != 0 and not asked:
            desk.agree(f"{place}\nexited {status}:\n{printed}")
        if command.endswith("&"):
            listens(desk, command)
    return len(commands)


def listens(desk, command):
    """Waits as a person does who types the next line: until a program that was started answers where it listens."""
    deadline = time.monotonic() + LONGEST
    for address, port in re.findall(r"--listen-\w+ ([\d.]+):(\d+)", command):
        while desk.run(f"(exec 5<>/dev/tcp/{address}/{port})")[0] != 0:
            assert time.monotonic() < deadline, f"nothing listens on {address}:{port}: {command}"
