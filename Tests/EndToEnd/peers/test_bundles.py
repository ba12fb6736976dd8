"""A real controller and a real agent: the model server itself as content, made of real wheels by the real pip."""

import json
import os
import pathlib
import signal
import socket
import textwrap
import unittest
import urllib.request

import policy
import wheels
from fleet import Controller, RealAgent, listed, wait_for

ADDRESS = "127.0.0.46"
# It needs another wheel of the set, and says which of the two versions of it serves, and with which model.
SERVER = textwrap.dedent('''
    import http.server, json, pathlib, sys
    import scales

    def main():
        model = pathlib.Path(sys.argv[1], "model.txt").read_text()
        answer = json.dumps({"model": model, "server": VERSION, "prefix": sys.prefix, "scale": scales.SCALE}).encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200); self.end_headers()
            def do_POST(self):
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(200); self.end_headers(); self.wfile.write(answer)
            def log_message(self, *_):
                pass

        http.server.ThreadingHTTPServer((sys.argv[2], int(sys.argv[3])), Handler).serve_forever()
''')
MODEL = """
apiVersion: muster/v1
kind: Model
metadata: {name: echo}
spec: {owner: peers}
"""
VERSION = """
apiVersion: muster/v1
kind: ModelVersion
metadata: {name: echo-1}
spec:
  model: echo
  version: "1"
  format: plain
  probe: {port: http, path: /, request: {ask: 1}, expect: {model: one}}
"""


def runtime(name, bundle="{install: wheels}", program='"{runtime.dir}/bin/scale-server"'):
    """A manifest of a runtime that brings its server."""
    return f"""
apiVersion: muster/v1
kind: Runtime
metadata: {{name: {name}}}
spec:
  driver: process
  requires: [{{command: [python3, --version], matches: ">=3.8"}}]
  bundle: {bundle}
  command: [{program}, "{{model.dir}}", "{{host.address}}", "{{port.http}}"]
  ports: [http]
  update: recreate
  health: {{ready: {{http: {{port: http, path: /ready}}}}}}
  stop: {{drain: 0s, signal: TERM, grace: 5s}}
"""


def deployment(name, port, wanted):
    """A manifest of a deployment on the one host."""
    return f"""
apiVersion: muster/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  content: {{model: {{name: echo, version: "1"}}, runtime: {wanted}}}
  scope: {{hosts: "rack=one", endpoint: {{port: {port}, to: http}}}}
  policy: {{rollout: {{stableFor: 300ms}}, rollback: {{stableFor: 300ms}}}}
"""


def ask(port):
    """What the model server answers."""
    with urllib.request.urlopen(f"http://{ADDRESS}:{port}/", data=b"{}", timeout=5) as answer:
        return json.load(answer)


def write(*lines):
    """The host's policy, replaced as a whole."""
    part = rules.with_suffix(".part")
    part.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    part.chmod(0o644)
    part.replace(rules)


def wheelhouse(name, version, pip=True, scales=True):
    """A directory with a set of wheels."""
    directory = controller.work / name
    directory.mkdir()
    source = f'VERSION = "{version}"\n{SERVER}'
    wheels.wheel(directory, "scale-server", version, source, requires=["scales>=1"], script="scale-server")
    if scales:
        wheels.wheel(directory, "scales", "1.5", "SCALE = 3\n")
    if pip:
        wheels.pip(directory)
    return directory


def push(directory, manifest):
    """Pushes a directory as a runtime's bundle; exit status and text."""
    path = controller.work / f"{directory.name}.yaml"
    path.write_text(manifest, encoding="utf-8")
    return controller.run("runtime", "push", directory, "-f", path)


def environments():
    """The environments on the host that are whole."""
    return sorted((agent.data / "runtimes").glob("*/installed"))


def setUpModule():
    """A controller, a host that lets every bundle in, and a model."""
    global controller, agent, rules
    controller = Controller()
    rules = controller.work / "policy.conf"
    write(f"users = {policy.USER}", "bundles = any")
    agent = RealAgent(controller, "rack-1", ADDRESS, "rack=one", options=("--policy", rules))
    controller.apply(MODEL)
    controller.push("model", VERSION, {"model.txt": "one"})


def tearDownModule():
    """And their end."""
    agent.close()
    controller.close()


class Bundles(unittest.TestCase):
    """One host through two model servers."""

    maxDiff = None

    def roll_out(self, name, port, wanted, *options):
        """Applies and waits for the rollout's end; exit status and text."""
        path = controller.work / f"{name}.yaml"
        path.write_text(deployment(name, port, wanted), encoding="utf-8")
        controller.muster("apply", "-f", path, *options)
        return controller.run("rollout", "status", name, "-w")

    def refused(self, name, port, wanted):
        """Applies what the host must refuse before anything moves; what it says of it."""
        status, text = self.roll_out(name, port, wanted)
        self.assertNotEqual(status, 0, text)
        return text

    def test_a_rollback_takes_the_server_back_too(self):
        status, text = push(wheelhouse("first", "1.0"), runtime("scaled"))
        self.assertEqual(status, 0, text)
        self.assertIn("+ Runtime/scaled create", text)
        described = controller.muster("describe", "runtime", "scaled")
        self.assertRegex(described, r"Bundle: +sha256:[0-9a-f]{64}\n")
        self.assertIn("wheels, an environment made by python3", described)
        status, text = self.roll_out("scaled", 8111, "scaled")
        self.assertEqual(status, 0, text)
        first = ask(8111)
        self.assertEqual((first["model"], first["server"], first["scale"]), ("one", "1.0", 3))
        self.assertTrue(first["prefix"].startswith(str(agent.data / "runtimes")), first)
        made = environments()
        self.assertEqual(len(made), 1)

        # Another deployment has the same server: nothing is made again.
        before = made[0].stat()
        status, text = self.roll_out("beside", 8112, "scaled")
        self.assertEqual(status, 0, text)
        self.assertEqual(ask(8112)["prefix"], first["prefix"])
        after = environments()[0].stat()
        self.assertEqual((before.st_ino, before.st_mtime_ns), (after.st_ino, after.st_mtime_ns))

        # The same name of a runtime, another server, locked by its hashes. Nothing moves by that alone.
        second = wheelhouse("second", "2.0")
        wheels.lock(second)
        status, text = push(second, runtime("scaled"))
        self.assertEqual(status, 0, text)
        self.assertEqual(ask(8111)["server"], "1.0")
        status, text = self.roll_out("scaled", 8111, "scaled", "--resolve")
        self.assertEqual(status, 0, text)
        self.assertEqual(ask(8111)["server"], "2.0")
        self.assertEqual(ask(8112)["server"], "1.0", "the other deployment has what it had")
        self.assertEqual(len(environments()), 2)

        # And back: without pip, without a fetch, with the environment that is there.
        stamp = made[0].stat().st_mtime_ns
        text = controller.muster("rollback", "scaled", "--reason", "the new server is slow", "--confirm", "scaled")
        wait_for("the first server answers again", lambda: self.answers(8111, "1.0"))
        self.assertEqual(made[0].stat().st_mtime_ns, stamp, text)
        # Its text is held with the server that it means now.
        path = controller.work / "scaled.yaml"
        self.assertIn("held by", controller.muster("apply", "-f", path, "--resolve"))
        # A third server, of the same name, is not.
        status, text = push(wheelhouse("third", "3.0"), runtime("scaled"))
        self.assertEqual(status, 0, text)
        status, text = self.roll_out("scaled", 8111, "scaled", "--resolve")
        self.assertEqual(status, 0, text)
        self.assertEqual(ask(8111)["server"], "3.0")

    def answers(self, port, server):
        """Whether a server answers, and which."""
        try:
            return ask(port)["server"] == server
        except OSError:
            return False

    def test_an_environment_that_is_gone_is_made_again_after_a_restart(self):
        # A bundle of its own: what another server runs from would be left as it is.
        self.assertEqual(push(wheelhouse("mended", "1.7"), runtime("mended"))[0], 0)
        self.assertEqual(self.roll_out("mended", 8116, "mended")[0], 0)
        mark = pathlib.Path(ask(8116)["prefix"]).parent / "installed"
        mark.unlink()
        os.kill(self.pid("mended"), signal.SIGKILL)
        wait_for("it is made again", mark.exists, seconds=60)
        wait_for("and serves", lambda: self.answers(8116, "1.7"), seconds=60)

    def pid(self, name):
        """The model server's process."""
        found = [item for item in listed(controller, "deployments") if item["deployment"]["name"] == name]
        return found[0]["hosts"][0]["instance"]["pid"]

    def test_an_incomplete_set_is_refused_before_anything_moves(self):
        status, text = push(wheelhouse("incomplete", "1.0", scales=False), runtime("incomplete"))
        self.assertEqual(status, 0, text)
        said = self.refused("incomplete", 8113, "incomplete")
        self.assertIn("pip ended with code 1", said)
        self.assertIn("No matching distribution found for scales>=1", said)
        self.assertIn("nothing was changed: complete the set", said)
        with self.assertRaises(OSError):
            ask(8113)

    def test_what_installs_cannot_reach_anything(self):
        directory = wheelhouse("curious", "1.0", pip=False)
        with socket.create_server((ADDRESS, 0)) as listener:
            listener.settimeout(0)
            source = textwrap.dedent(f'''
                import socket, sys
                try:
                    socket.create_connection({listener.getsockname()!r}, timeout=5)
                    print("somebody was reached")
                except OSError as error:
                    print("nobody was reached:", error)
                sys.exit(7)
            ''')
            wheels.pack(directory / "pip-99-py3-none-any.whl", "pip-99.dist-info", {"pip/__main__.py": source})
            status, text = push(directory, runtime("curious"))
            self.assertEqual(status, 0, text)
            said = self.refused("curious", 8114, "curious")
            with self.assertRaises(BlockingIOError):
                listener.accept()
        self.assertIn("nobody was reached: [Errno 101] Network is unreachable", said)

    def test_an_install_ends_with_its_agent_and_is_begun_again(self):
        directory = wheelhouse("endless", "1.0", pip=False)
        source = "import os, signal, sys\nopen('pid', 'w').write(str(os.getpid()))\nsignal.pause()\n"
        wheels.pack(directory / "pip-99-py3-none-any.whl", "pip-99.dist-info", {"pip/__main__.py": source})
        self.assertEqual(push(directory, runtime("endless"))[0], 0)
        controller.apply(deployment("endless", 8118, "endless"))
        first = self.installer()
        agent.process.kill()
        agent.process.wait()
        wait_for("it has ended with the agent", lambda: not pathlib.Path(f"/proc/{first}").exists())
        agent.start()
        second = wait_for("it is begun again", lambda: (pid := self.installer()) != first and pid)
        controller.muster("rollout", "abort", "endless", "--reason", "it takes for ever")
        wait_for("it is given up", lambda: not pathlib.Path(f"/proc/{second}").exists())
        wait_for("and nothing is left", lambda: not list((agent.data / "runtimes").glob("*/tmp/pid")))

    def installer(self):
        """The process of the pip that takes for ever."""
        found = wait_for("pip runs", lambda: [path.read_text() for path in (agent.data / "runtimes").glob("*/tmp/pid")], seconds=40)
        return int(found[0] or 0)

    def test_the_host_decides_which_bundles_it_lets_in(self):
        write(f"users = {policy.USER}")
        self.addCleanup(write, f"users = {policy.USER}", "bundles = any")
        self.assertEqual(push(wheelhouse("unwelcome", "1.0"), runtime("unwelcome"))[0], 0)
        said = self.refused("unwelcome", 8115, "unwelcome")
        self.assertIn("may not be installed on rack-1", said)
        self.assertIn("the default rule 'bundles'", said)

    def test_a_program_with_all_that_it_needs(self):
        directory = controller.work / "program"
        (directory / "bin").mkdir(parents=True)
        source = f'#!/usr/bin/env python3\nVERSION = "plain"\n{SERVER}\nmain()\n'
        (directory / "bin/serve").write_text(source, encoding="utf-8")
        (directory / "bin/serve").chmod(0o755)
        (directory / "bin/scales.py").write_text("SCALE = 9\n", encoding="utf-8")
        manifest = runtime("program", "{install: directory}", '"{runtime.dir}/bin/serve"')
        status, text = push(directory, manifest)
        self.assertEqual(status, 0, text)
        status, text = self.roll_out("program", 8117, "program")
        self.assertEqual(status, 0, text)
        answer = ask(8117)
        self.assertEqual((answer["server"], answer["scale"]), ("plain", 9))

    def test_a_directory_that_is_no_set_of_wheels_is_not_sent(self):
        directory = wheelhouse("slips", "1.0", pip=False)
        wheels.lock(directory)
        (directory / "scales-1.5-py3-none-any.whl").unlink()
        (directory / "server.tar.gz").write_bytes(b"x")
        status, text = push(directory, runtime("slips"))
        self.assertEqual(status, 1, text)
        for words in (
            "is no set of wheels that a host can install; nothing was sent",
            "server.tar.gz is no wheel: build one of it (pip wheel), or remove it",
            "there is no wheel of pip, which installs the others on a host: pip download",
            "requirements.txt asks for 'scales==1.5', and no wheel here has one of its hashes",
        ):
            self.assertIn(words, text)
        self.assertNotIn("slips", controller.muster("get", "runtimes"))


if __name__ == "__main__":
    unittest.main()
