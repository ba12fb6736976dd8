"""Every command of the documentation is run, in the order of its pages, and prints what they show."""

import os
import unittest

import pages
import policy
from pages import Desk, blocks, follow, matches

BIN = os.environ["MUSTER_BIN_DIR"]
# Blocks that cannot be run here, by page. Each has a sentence that says why; a number here grows only with a reason.
NOT_RUN = {"FirstFleet": 1, "InstallAgents": 3, "BoundAHost": 3, "ShipTheServer": 3}
# The tutorial's last section: what goes on with its fleet comes before it.
END = "Put it away"


def environment():
    """What the tutorial's first step makes."""
    servers = os.environ["MUSTER_MLSERVER_BIN"]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MUSTER_", "XDG_"))}
    return {
        **kept, "PATH": f"{BIN}:{servers}:{os.environ['PATH']}:/usr/sbin:/sbin", "MUSTER_ROOT": str(pages.ROOT), "LC_ALL": "C.UTF-8",
        # The tutorial's reader is not root; these are.
        "MUSTER_AGENT_POLICY": str(policy.PATH),
    }


class FleetOfTheTutorial(unittest.TestCase):
    """One fleet: the tutorial makes it, and the guides go on with it."""

    GUIDES = [
        "GiveAccess", "InstallAgents", "BoundAHost", "GoThroughAProxy", "WriteARuntime", "RecordAProbe", "ShipTheServer",
        "TakeAHostOut", "PutALoadBalancerInFront", "DeployFromAPipeline", "TakeAFleetBack", "BackUpAndRestore",
    ]

    def test_pages(self):
        desk = Desk(environment())
        self.addCleanup(desk.close)
        tutorial = blocks(pages.path("FirstFleet").read_text(encoding="utf-8"))
        sections = list(dict.fromkeys(block.section for block in tutorial))
        self.assertEqual(sections[-1], END)
        self.assertGreater(follow(desk, "FirstFleet", sections[:-1]), 20)
        for page in self.GUIDES:
            self.assertGreater(follow(desk, page), 2, page)
        follow(desk, "FirstFleet", [END])
        desk.agree()


class Reading(unittest.TestCase):
    """The reader of the pages sees what is wrong."""

    def test_what_is_shown_is_compared(self):
        self.assertTrue(matches(["NAME  SINCE", "…", "lyon  …"], "NAME SINCE\na\nb\nlyon 3s\n"))
        self.assertTrue(matches([], ""))
        self.assertFalse(matches([], "a\n"))
        self.assertFalse(matches(["a …"], "b 1\n"))
        self.assertFalse(matches(["a"], "a\nb\n"))

    def test_blocks_are_read(self):
        found = blocks("## One\n```yaml\n# a/b.yaml\nx: 1\n```\n## Two\n```console\n$ a \\\n    b\nc\n$ echo $?\n2\n```\n")
        self.assertEqual([(block.section, block.file_name) for block in found], [("One", "a/b.yaml"), ("Two", None)])
        self.assertEqual(found[1].commands(), [["a \\\n    b", ["c"], 8], ["echo $?", ["2"], 11]])

    def test_an_exit_status_that_is_not_shown_is_seen(self):
        desk = Desk(environment())
        self.addCleanup(desk.close)
        for text, fails in (("$ false", True), ("$ false\n$ echo $?\n1", False), ("$ true\n$ echo $?\n1", True), ("$ echo a", True)):
            block = blocks(f"```console\n{text}\n```")[0]
            if fails:
                with self.assertRaises(AssertionError, msg=text):
                    pages.follow_block(desk, "here", block)
                    desk.agree()
            else:
                pages.follow_block(desk, "here", block)
                desk.agree()

    def test_no_page_is_forgotten(self):
        followed = {"FirstFleet", *FleetOfTheTutorial.GUIDES}
        first = pages.path("Muster").read_text(encoding="utf-8")
        for path in sorted(pages.CATALOGUE.rglob("*.md")):
            self.assertTrue(path.stem == "Muster" or f"- <doc:{path.stem}>" in first, f"{path.name} is not on the first page")
            found = blocks(path.read_text(encoding="utf-8"))
            if any(block.language == "console" for block in found):
                self.assertIn(path.stem, followed, "its commands are run by nobody: name it here")
            texts = sum(block.language == "text" for block in found)
            self.assertEqual(texts, NOT_RUN.get(path.stem, 0), f"{path.name}: blocks that are not run")


if __name__ == "__main__":
    unittest.main()
