"""Whole hosts: what an administrator does to an agent touches no model server and fails no prediction."""

import re
import threading
import time
import unittest

import packages
from bed import wait_for
from story import Story

# How long the agent's idleness is watched, in seconds.
IDLE = 30
# So long a link may take where none will come.
LINK_LIMIT = ("env", "MUSTER_AGENT_LINK_LIMIT=8")


class HostsTest(Story):
    """What is done to hosts and their agents, on purpose."""

    AGENTS = ("lyon-1", "ulm-1")

    def test_1_install_enrol_serve(self):
        """From nothing to serving, with one command a host."""
        controller = self.controller
        said = controller.install(packages.named("muster-controller"))
        self.assertIn("muster-controller runs", said)
        self.assertEqual(controller.run("systemctl", "is-active", "muster-controller").strip(), "active")
        controller.install(packages.named("muster"))
        self.assertTrue(controller.run("sh", "-c", "ls /usr/share/man/man1/muster.1.gz /usr/share/bash-completion/completions/muster"))
        # The unit is started when both ports answer: nothing is waited for here.
        self.muster("login", "https://127.0.0.1:7444", "--credentials", "/var/lib/muster/admin-credentials")
        commands = (
            f"dpkg --install {packages.named('muster-agent')} && muster-agent-setup",
            f"tar --extract --gzip --directory /opt --file {packages.tarball()} && /opt/muster-agent-*/install.sh",
        )
        for host, command in zip(self.hosts, commands):
            begin = time.monotonic()
            self.enrol(host, command)
            self.figure(f"install-{host.name}", time.monotonic() - begin, "s", "<=20")
            self.assertTrue(host.linked())
            self.assertEqual(host.run("systemctl", "is-enabled", "muster-agent", "muster-endpoint").split(), ["enabled"] * 2)
            self.name_model_server(host)
            again = host.run("sh", "-c", f"{command} --controller {controller.address}:7443 --token any")
            self.assertIn("enrolled already", again)
            code, said = host.ask("muster-agent-setup", "--controller", "elsewhere:7443")
            self.assertEqual(code, 1)
            for part in ("error: this host is enrolled elsewhere", "where:", "why:", "next:"):
                self.assertIn(part, said)
        self.figure("agent-installed-size", self.installed_size(self.hosts[0], "muster-agent"), "MB", "<=50")
        self.push("1.0.0", "2.0.0")
        self.muster(*self.write("1.0.0"))
        self.succeeds()
        for host in self.hosts:
            server = host.server()
            self.assertEqual(len(server), 1, f"{host.name}: {host.run('ps', '-eo', 'pid,user,args')}")
            user = host.run("ps", "-o", "user:32=", "-p", str(server[0][0])).strip()
            self.assertEqual(user, "muster-replica")
            code, said = host.ask("setpriv", "--reuid", "muster-replica", "--clear-groups", "cat", "/var/lib/muster-agent/key.pem")
            self.assertNotEqual(code, 0, "replicas can read the host's key")
            self.serving_untouched(host, f"{host.name} serves", lambda: None, version="1.0.0")

    @staticmethod
    def installed_size(host, package):
        """What a package takes of the disk, in MB, by its files."""
        files = host.run("dpkg", "--listfiles", package).split()
        sizes = host.run("sh", "-c", f"stat --format '%F %s' {' '.join(files)} | sed -n 's/^regular file //p'").split()
        return sum(map(int, sizes)) / 1e6

    def test_2_upgrade_and_downgrade(self):
        """Another version, and back: nothing ends, nothing fails, and the link is back within 3 s."""
        newer = packages.remade(self.bed.work, "newer")
        for host in self.hosts[:1]:
            for what, package in (("upgrade", newer), ("downgrade", packages.named("muster-agent"))):
                agent, since, owners = host.main_pid(), host.now(), self.owners(host)
                self.assertIn("muster-replica", owners)
                self.serving_untouched(host, f"{what} of {host.name}'s agent", lambda package=package: host.install(package))
                self.assertNotEqual(host.main_pid(), agent, "the agent is not another process")
                self.assertTrue(host.linked(), "the package says that it is done, and there is no link")
                self.assertEqual(self.owners(host), owners, "what is the replicas' own has changed hands")
                self.figure(f"{what}-link-back", self.link_gap(host, since), "s", "<=3")
            self.assertEqual(host.ask("ls", "/var/lib/muster-agent-package")[0], 2, "what was kept for the way back is left")

    @staticmethod
    def owners(host):
        """Who owns the directories of replicas and models, and what others may do there."""
        data = "/var/lib/muster-agent"
        return host.run("stat", "--format", "%U:%G %a %n", data) + host.run(
            "find", f"{data}/models", f"{data}/replicas", "-type", "d", "-printf", "%u:%g %m %p\\n"
        )

    def test_3_broken_agent_comes_back(self):
        """A version that is not fit makes room for the one before, and says why."""
        host = self.hosts[0]
        good = host.run("md5sum", "/usr/bin/muster-agent", "/usr/lib/systemd/system/muster-agent.service")
        defects = (
            ("ends", packages.ENDS, r"why: +it does not get as far as reading its journal.*this build is broken: it ends at once"),
            ("misreads", packages.MISREADS, r"why: +it does not get as far as reading its journal.*journal.*"),
            ("never-links", packages.NEVER_LINKS, r"why: +it has no link .*, and the one before had.*it never dials"),
        )
        for name, run, why in defects:
            with self.subTest(defect=name):
                package = packages.remade(self.bed.work, f"zz-{name}", run)
                code, said = self.serving_untouched(
                    host, f"upgrade to an agent that {name}", lambda package=package: host.ask(*LINK_LIMIT, "dpkg", "--install", package, timeout=300)
                )
                self.assertEqual(code, 1, said)
                self.assertRegex(said, r"error: the new muster-agent \(.*\) is not fit for this host; the agent before it is back")
                self.assertRegex(said, why)
                self.assertIn("dpkg --configure muster-agent", said)
                self.assertEqual(host.run("md5sum", "/usr/bin/muster-agent", "/usr/lib/systemd/system/muster-agent.service"), good)
                self.assertTrue(host.linked())
        # Tried once more, the broken one is judged once more.
        code, said = host.ask(*LINK_LIMIT, "dpkg", "--configure", "muster-agent", timeout=300)
        self.assertEqual(code, 1)
        self.assertIn("it never dials", said)
        self.assertEqual(host.run("md5sum", "/usr/bin/muster-agent", "/usr/lib/systemd/system/muster-agent.service"), good)
        # And a good one ends it.
        self.serving_untouched(host, "a good version again", lambda: host.install(packages.named("muster-agent")))
        self.assertIn("install ok installed", host.run("dpkg-query", "-W", "-f", "${Status}", "muster-agent"))

    def test_4_idle(self):
        """What an agent with a model to keep takes of its host."""
        host = self.hosts[0]
        pid = host.main_pid()

        def pages():
            return host.run("cat", f"/proc/{pid}/smaps_rollup")

        def cpu():
            # In nanoseconds, by thread: the bar is three of the ticks that /proc/PID/stat counts in half a minute.
            threads = host.run("sh", "-c", f"cat /proc/{pid}/task/*/schedstat").splitlines()
            return sum(int(thread.split()[0]) for thread in threads) / 1e9

        before, began = cpu(), time.monotonic()
        threading.Event().wait(IDLE)
        spent, passed = cpu() - before, time.monotonic() - began
        figures = {name: int(size) / 1000 for name, size in re.findall(r"(?m)^(Pss|Private_Dirty): +(\d+) kB$", pages())}
        self.figure("agent-idle-pss", figures["Pss"], "MB", "<=20")
        self.figure("agent-idle-private-dirty", figures["Private_Dirty"], "MB")
        self.figure("agent-idle-cpu", 100 * spent / passed, "%", "<=0.1")

    def test_5_wedged_agent(self):
        """An agent that makes no turn is killed by the watchdog, it alone, and comes back."""
        host = self.hosts[0]
        host.run(
            "sh", "-c",
            "mkdir -p /run/systemd/system/muster-agent.service.d && cd /run/systemd/system/muster-agent.service.d && "
            "printf '[Service]\\nWatchdogSec=2\\nTimeoutAbortSec=1\\n' >test.conf && systemctl daemon-reload && "
            "systemctl restart muster-agent",
        )
        wait_for("the agent is linked", host.linked)
        since = host.now()

        def wedge():
            pid = host.main_pid()
            host.run("kill", "-STOP", str(pid))
            wait_for("another agent runs", lambda: host.main_pid() not in (0, pid), seconds=60)
            wait_for("it is linked", host.linked)

        self.serving_untouched(host, "an agent that is wedged", wedge)
        self.assertTrue(any("watchdog" in text.lower() for _, text in host.journal(since=since)), host.journal(since=since))
        # Where it makes its turns it is left alone, for longer than the watchdog waits.
        pid = host.main_pid()
        watched = time.monotonic()
        wait_for("the watchdog's time passes", lambda: time.monotonic() - watched > 6, pace=1)
        self.assertEqual(host.main_pid(), pid)
        host.run("sh", "-c", "rm -r /run/systemd/system/muster-agent.service.d && systemctl daemon-reload && systemctl restart muster-agent")
        wait_for("the agent is linked", host.linked)

    def test_6_removed_and_purged(self):
        """Removed, the agent leaves what serves; only a yes ends it."""
        host, other = self.hosts
        said = self.serving_untouched(host, "removal", lambda: host.run("dpkg", "--remove", "muster-agent"))
        pid = host.server()[0][0]
        self.assertRegex(said, rf"These model servers serve on.*\n +wine: pid {pid}; to end it alone: kill \d+\n.*apt-get purge muster-agent")
        said = self.serving_untouched(host, "installation once more", lambda: host.install(packages.named("muster-agent")))
        wait_for("the agent is linked", host.linked)
        said = self.serving_untouched(host, "purge without a terminal", lambda: host.run("dpkg", "--purge", "muster-agent"))
        self.assertIn("Nothing was ended", said)
        self.assertEqual(host.ask("test", "-e", "/var/lib/muster-agent/agent.json")[0], 0)
        host.install(packages.named("muster-agent"))
        said = self.serving_untouched(host, "purge and a no", lambda: host.on_terminal("no\n", "dpkg", "--purge", "muster-agent"))
        self.assertIn("Nothing was ended", said)
        host.install(packages.named("muster-agent"))
        said = host.on_terminal("yes\n", "dpkg", "--purge", "muster-agent")
        self.assertRegex(said, r"ending wine \(pid \d+\)")
        self.assertEqual(host.server(), ())
        self.assertEqual(host.ask("test", "-e", "/var/lib/muster-agent")[0], 1)
        self.assertNotEqual(host.ask("nft", "list", "table", "inet", "muster")[0], 0)
        # The same by the tarball.
        said = self.serving_untouched(other, "--uninstall", lambda: other.run("sh", "-c", "/opt/muster-agent-*/install.sh --uninstall"))
        self.assertIn("These model servers serve on", said)
        self.assertEqual(other.ask("test", "-e", "/usr/bin/muster-agent")[0], 1)
        said = other.run("sh", "-c", "MUSTER_AGENT_PURGE=yes /opt/muster-agent-*/install.sh --purge")
        self.assertEqual(other.server(), ())

    def test_9_figures(self):
        """Every figure keeps its bar."""
        self.assert_figures()


if __name__ == "__main__":
    unittest.main()
