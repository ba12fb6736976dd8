"""A real Triton that runs already, and an agent that loads models into it (`driver: external`): what its clients see meanwhile."""

import json
import os
import shutil
import signal
import textwrap
import unittest

from fleet import Controller, RealAgent, listed, wait_for
from tritonserver import REQUEST, TRITON, Clients, Relay, Triton

ADDRESS = "127.0.0.42"
MODEL = textwrap.dedent("""
    import numpy
    import triton_python_backend_utils as backend
    {first}

    class TritonPythonModel:
        def execute(self, requests):
            return [self.answer(request) for request in requests]

        def answer(self, request):
            x = backend.get_input_tensor_by_name(request, "x").as_numpy()
            return backend.InferenceResponse([backend.Tensor("y", (x * {factor}).astype(numpy.float32))])
""")
CONFIGURATION = """
backend: "python"
max_batch_size: 0
input [{name: "x", data_type: TYPE_FP32, dims: [-1]}]
output [{name: "y", data_type: TYPE_FP32, dims: [-1]}]
"""
WINE = """
apiVersion: muster/v1
kind: Model
metadata: {name: wine}
spec: {owner: peers}
"""


def runtime(server, name="triton", port=None):
    """The server, for the agent; over a relay's port."""
    return f"""
apiVersion: muster/v1
kind: Runtime
metadata: {{name: {name}}}
spec:
  driver: external
  external: {{ports: {{http: {port or server.port}, metrics: {server.metrics}}}, repository: {server.repository}}}
  update: sideBySide
  health: {{ready: {{http: {{port: http, path: "/v2/models/{{model.name}}/ready"}}}}}}
  metrics:
    port: metrics
    path: /metrics
    names: {{requests: ['nv_inference_request_success{{model="{{model.name}}"}}']}}
"""


def version(name, factor):
    """A manifest of a version whose answers are the request's numbers, so many times; without a golden probe when that is 0."""
    expected = {"model_name": "wine", "outputs": [{"name": "y", "data": [factor, 2 * factor, 3 * factor]}]}
    return f"""
apiVersion: muster/v1
kind: ModelVersion
metadata: {{name: wine-{name}}}
spec:
  model: wine
  version: "{name}"
  format: python
""" + (f"""
  probe: {{port: http, path: /v2/models/wine/infer, request: {json.dumps(REQUEST)}, expect: {json.dumps(expected)}}}
""" if factor else "")


def deployment(wanted, name="wine", scope="", runtime="triton"):
    """A manifest of a deployment on the one host."""
    return f"""
apiVersion: muster/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  content: {{model: {{name: wine, version: "{wanted}"}}, runtime: {runtime}}}
  scope: {{hosts: "rack=one"{scope}}}
  policy: {{rollout: {{stableFor: 300ms}}, rollback: {{stableFor: 300ms}}}}
"""


def push(name, factor, expected, first="", configuration=CONFIGURATION):
    """A version: what it multiplies with, and what its probe expects."""
    files = {"config.pbtxt": configuration, "1/model.py": MODEL.format(first=first, factor=factor)}
    controller.push(f"wine-{name}", version(name, expected), files)


def top():
    """What `muster top` knows of the one replica."""
    found = json.loads(controller.muster("top", "replicas", "-o", "json"))
    return found[0] if found else {}


def setUpModule():
    """A server, a controller, a host, and versions that are good, wrong and broken."""
    if not (TRITON / "start").exists():
        raise unittest.SkipTest("there is no Triton here: Deploy/scripts/setup unpacks it")
    global controller, agent, triton
    triton = Triton()
    controller = Controller()
    policy = controller.work / "policy.conf"
    policy.write_text(f"users = root\nrepositories = {triton.repository}\n", encoding="ascii")
    agent = RealAgent(controller, "rack-1", ADDRESS, "rack=one", options=("--policy", policy, "--scrape", "5s"))
    controller.apply(WINE + "---" + runtime(triton))
    push("1", 2, 2)
    push("2", 3, 3)
    push("wrong", 5, 4)
    push("broken", 6, 6, first='raise RuntimeError("the weights are missing")')
    push("slow", 8, 8, first="import threading; threading.Event().wait(4)")
    push("plain", 9, 0, first="import threading; threading.Event().wait(4)")
    push("next", 11, 11)
    moody = "import pathlib, threading; threading.Event().wait(3)\n" + textwrap.dedent(f"""
        if pathlib.Path("{controller.work}/away").exists():
            raise RuntimeError("the weights are away")
    """)
    push("moody", 10, 0, first=moody)
    push("named", 7, 7, configuration='name: "wine"\n' + CONFIGURATION)


def tearDownModule():
    """And their end."""
    agent.close()
    controller.close()
    triton.close()


class Case(unittest.TestCase):
    """One model in a server that runs already; each test begins with version 1 served."""

    runtime = "triton"

    def setUp(self):
        # It may be what is wanted already: then nothing is rolled out.
        self.apply("1")
        wait_for("version 1 serves", lambda: triton.predict() == [2, 4, 6], 60)
        wait_for("that is told", lambda: self.told() == "1", 60)
        wait_for("nothing else is in the repository", lambda: self.names() == ["wine"], 30)
        # What has not succeeded is nothing to go back to.
        wait_for("its rollout is over", lambda: self.item()["rollout"]["state"] not in ("progressing", "baking", "aborting"), 30)

    def apply(self, wanted):
        """Wants another version."""
        controller.apply(deployment(wanted, runtime=self.runtime))

    def roll_out(self, wanted):
        """Applies, waits for the rollout's end; exit status and text."""
        self.apply(wanted)
        return controller.run("rollout", "status", "wine", "-w")

    def explained(self, text):
        """Waits until the deployment's explanation says something."""
        said = []
        try:
            wait_for("it is told", lambda: text in (said.append(controller.run("explain", "deployment/wine")[1]) or said[-1]), 60)
        except AssertionError:
            self.fail(f"it is not told that {text}: {said[-1]}")

    def item(self):
        """What the controller says of the deployment."""
        return [item for item in listed(controller, "deployments") if item["deployment"]["name"] == "wine"][0]

    def told(self):
        """Which version the one host says that it serves."""
        return (self.item()["hosts"][0].get("serving") or {}).get("version")

    def private(self):
        """The name under which a version is being loaded for its proof."""
        return wait_for("a version is loaded under its private name", lambda: triton.loading(), 30)

    @staticmethod
    def roll_back():
        """Wants the version before."""
        controller.muster("rollback", "wine", "--reason", "tried", "--confirm", "wine")

    @staticmethod
    def lift():
        """Lets what was rolled back be wanted again."""
        for hold in json.loads(controller.muster("hold", "list", "-o", "json"))["items"]:
            controller.muster("hold", "lift", hold["hold"]["id"], "--reason", "tried")

    def public(self, begin):
        """Wants another version, and waits until it is being loaded under its public name."""
        mark = triton.repository / "wine/.muster"
        before = mark.read_text()
        begin()
        wait_for("it is loaded under its public name", lambda: mark.exists() and mark.read_text() != before, 60)

    @staticmethod
    def names():
        """What is in the repository."""
        return sorted(os.listdir(triton.repository))

    @classmethod
    def remove(cls):
        """Removes whatever deployments there are, and waits until nothing of them is left."""
        for item in listed(controller, "deployments"):
            controller.muster("delete", f"deployment/{item['deployment']['name']}", "--allow-removal")
        cls.gone()

    @classmethod
    def gone(cls):
        """Waits until nothing is left."""
        wait_for("they are gone", lambda: listed(controller, "deployments") == [], 90)
        wait_for("nothing is left", lambda: triton.index() == [] and cls.names() == [], 60)
        assert triton.predict() is None

    @staticmethod
    def restart(meanwhile=lambda: None, how=signal.SIGKILL):
        """Ends the agent and starts it again."""
        agent.process.send_signal(how)
        agent.process.wait()
        meanwhile()
        agent.start()

    def hang(self):
        """The server is stopped and goes on: it is waited for, and nothing is loaded."""
        loads = triton.loads()
        os.killpg(triton.process.pid, signal.SIGSTOP)
        try:
            self.explained("does not answer")
        finally:
            os.killpg(triton.process.pid, signal.SIGCONT)
        wait_for("and that it is over", lambda: "does not answer" not in controller.run("explain", "deployment/wine")[1], 60)
        self.assertEqual(triton.predict(), [2, 4, 6])
        self.assertEqual(triton.loads(), loads, "it had not gone")


class External(Case):
    """What a server's clients see, whatever is done with its models and by whom."""

    def test_rollout_and_rollback_fail_no_request(self):
        with Clients(triton) as clients:
            status, text = self.roll_out("2")
            self.assertEqual(status, 0, text)
            self.assertEqual(triton.predict(), [3, 6, 9])
            self.roll_back()
            wait_for("version 1 is back", lambda: triton.predict() == [2, 4, 6], 60)
        print(f"answers while 1 became 2 and 2 became 1: {dict(clients.total)}")
        self.assertEqual(set(clients.total), {2.0, 3.0}, "nothing but these two versions was answered, and nothing failed")
        self.assertGreater(clients.total[3.0], 0)
        wait_for("nothing is left of the other", lambda: self.names() == ["wine"], 30)
        self.assertEqual(triton.index(), ["wine"])
        self.lift()

    def test_wrong_and_broken_versions_never_get_the_name(self):
        loads = triton.loads()
        for name, said in (("wrong", r"golden probe at /v2/models/wine\.muster-.*expected 4"), ("broken", "the weights are missing")):
            with self.subTest(name), Clients(triton) as clients:
                status, text = self.roll_out(name)
                self.assertEqual(status, 1, text)
                self.assertRegex(text, said)
            self.assertEqual(set(clients.total), {2.0})
            wait_for("nothing is left of it", lambda: self.names() == ["wine"] and triton.index() == ["wine"], 30)
        self.assertEqual(triton.loads(), loads, "what serves was not touched")
        status, text = self.roll_out("named")
        self.assertEqual(status, 1, text)
        self.assertRegex(text, "remove its line `name:`")

    def test_what_is_given_up_on_the_way_is_cleared_away(self):
        loads = triton.loads()
        with Clients(triton) as clients:
            self.apply("slow")
            private = self.private()
            controller.muster("rollout", "abort", "wine", "--reason", "tried")
            wait_for("it is cleared away", lambda: self.names() == ["wine"] and triton.has_dropped(private), 30)
            wait_for("and version 1 is told", lambda: self.told() == "1", 30)
        self.assertEqual(set(clients.total), {2.0})
        self.assertEqual(triton.loads(), loads)

    def test_a_server_that_starts_again_gets_its_model_back(self):
        triton.kill()
        self.explained("127.0.0.1")
        triton.start()
        wait_for("the model is there", lambda: triton.predict() == [2, 4, 6], 60)

    def test_a_server_that_hangs_is_waited_for(self):
        self.hang()

    def test_another_server_does_not_get_the_repository(self):
        other = Triton(triton.repository)
        self.addCleanup(other.close)
        controller.apply(runtime(other, name="another"))
        controller.apply(deployment("2", runtime="another"))
        status, text = controller.run("rollout", "status", "wine", "-w")
        self.assertEqual(status, 1, text)
        self.assertRegex(text, f"is loaded by the server at 127.0.0.1:{triton.port}, and the runtime names the one at 127.0.0.1:{other.port}")
        self.assertEqual((triton.predict(), other.index()), ([2, 4, 6], []))

    def test_with_recreate_there_is_one_copy_at_a_time(self):
        controller.apply(runtime(triton, name="one-copy").replace("update: sideBySide", "update: recreate"))
        path = controller.work / "recreate.yaml"
        path.write_text(deployment("2", runtime="one-copy"), encoding="utf-8")
        said = controller.run("plan", "-f", path)[1]
        self.assertIn("from the unloading of the old version until the new one is loaded and ready", said)
        with Clients(triton) as clients:
            controller.muster("apply", "-f", path)
            status, text = controller.run("rollout", "status", "wine", "-w")
            self.assertEqual(status, 0, text)
        self.assertEqual(triton.predict(), [3, 6, 9])
        self.assertTrue(any(isinstance(answer, str) for answer in clients.total), "there is a gap, as planned")

    def test_a_model_that_somebody_unloads_is_loaded_again(self):
        triton.ask("POST", "/v2/repository/models/wine/unload")
        wait_for("it is gone", lambda: triton.predict() is None, 30)
        self.explained("somebody unloaded it")
        wait_for("it is back", lambda: triton.predict() == [2, 4, 6], 60)

    def test_what_muster_did_not_put_there_is_left_alone(self):
        foreign = triton.repository / "wine-of-others"
        foreign.mkdir()
        self.addCleanup(shutil.rmtree, foreign, True)
        controller.apply(deployment("1", name="others"))
        status, text = controller.run("rollout", "status", "others", "-w")
        self.assertEqual(status, 1, text)
        self.assertRegex(text, "belongs to another deployment")
        controller.muster("delete", "deployment/others", "--allow-removal")
        self.assertEqual(triton.predict(), [2, 4, 6])
        self.assertTrue(foreign.exists())

    def test_what_has_no_effect_is_refused(self):
        path = controller.work / "endpoint.yaml"
        path.write_text(deployment("1", scope=", endpoint: {port: 8123, to: http}"), encoding="utf-8")
        status, text = controller.run("plan", "-f", path)
        self.assertEqual(status, 1, text)
        self.assertRegex(text, r"'scope\.endpoint' has no effect with Runtime triton")
        path.write_text(deployment("2"), encoding="utf-8")
        self.assertIn("none at Triton", controller.run("plan", "-f", path)[1], "whose promise it is that there is no gap")

    def test_00_its_figures_are_those_of_the_model(self):
        other = triton.repository / "other"
        shutil.copytree(controller.work / "wine-1", other)
        self.addCleanup(shutil.rmtree, other)
        self.assertEqual(triton.ask("POST", "/v2/repository/models/other/load")[0], 200)
        for count, model in ((20, "other"), (3, "wine")):
            for _ in range(count):
                self.assertEqual(triton.predict(model), [2, 4, 6])
        triton.ask("POST", "/v2/repository/models/other/unload")
        own = triton.requests("wine")
        self.assertEqual((triton.requests("other"), own > 3), (20, True), "the page is of both")
        wait_for("its own are told", lambda: top().get("requests") == own, 30)
        self.assertGreater(top()["memory"], 20e6, "the server's, as far as that can be seen")

    def test_removal_while_it_gets_the_name_leaves_nothing(self):
        self.public(lambda: self.apply("slow"))
        self.remove()

    def test_the_second_of_two_at_once_is_refused(self):
        self.remove()
        controller.apply(deployment("1") + "---" + deployment("2", name="others"))
        ends = {name: controller.run("rollout", "status", name, "-w") for name in ("wine", "others")}
        self.assertEqual(sorted(status for status, _ in ends.values()), [0, 1], ends)
        refused = next(name for name, (status, _) in ends.items() if status == 1)
        self.assertRegex(ends[refused][1], "belongs to another deployment")
        self.assertEqual(triton.predict(), [2, 4, 6] if refused == "others" else [3, 6, 9])
        self.remove()

    def test_zz_removal_leaves_nothing(self):
        self.remove()
        self.assertIsNotNone(triton.ask("GET", "/v2/health/live"), "the server is not Muster's to stop")


class Interrupted(Case):
    """An agent that ends in the middle of something, and what the next one makes of it."""

    def test_an_agent_that_is_killed_on_the_way_leaves_the_model_alone(self):
        loads = triton.loads()
        with Clients(triton) as clients:
            self.apply("2")
            private = self.private()
            self.restart()
            wait_for("it is cleared away", lambda: self.names() == ["wine"] and triton.has_dropped(private), 30)
            wait_for("and version 1 is told", lambda: self.told() == "1", 30)
        self.assertEqual(set(clients.total), {2.0})
        self.assertEqual(triton.loads(), loads, "the agent took over what it found")

    def test_an_agent_that_is_killed_after_the_change_takes_it_back(self):
        controller.apply(deployment("2").replace("stableFor: 300ms", "stableFor: 60s", 1))
        wait_for("version 2 has the name", lambda: triton.predict() == [3, 6, 9], 60)
        self.restart()
        wait_for("version 1 has it again", lambda: triton.predict() == [2, 4, 6], 60)
        wait_for("nothing is left of the other", lambda: self.names() == ["wine"], 30)

    def test_a_server_whose_process_cannot_be_seen_is_waited_for_too(self):
        loads = triton.loads()
        handle = next(path for path in agent.data.glob("replicas/*/external"))

        def forget():
            lines = handle.read_text().splitlines(keepends=True)
            self.assertTrue(any(line.startswith("server ") for line in lines), lines)
            handle.write_text("".join(line for line in lines if not line.startswith("server ")))

        self.restart(forget)
        wait_for("it was taken over", lambda: self.told() == "1", 30)
        self.hang()
        self.assertEqual(triton.loads(), loads)

    def test_an_agent_that_is_stopped_in_mid_change_knows_what_serves(self):
        self.public(lambda: self.apply("slow"))
        self.restart(how=signal.SIGTERM)
        wait_for("the change is over", lambda: self.item()["rollout"]["state"] not in ("progressing", "baking", "aborting"), 90)
        wait_for("one is left", lambda: self.names() == ["wine"], 30)
        answers = {"1": [2, 4, 6], "slow": [8, 16, 24]}
        wait_for("what is told is what answers", lambda: triton.predict() == answers[self.told()], 30)

    def test_an_agent_that_is_killed_on_its_way_back_believes_nothing(self):
        for wanted in ("plain", "next"):
            status, text = self.roll_out(wanted)
            self.assertEqual(status, 0, text)
        self.public(self.roll_back)
        self.restart()
        wait_for("the one before is told", lambda: self.told() == "plain", 60)
        self.assertEqual(triton.predict(), [9, 18, 27], "something answers to the name all the time, and it was the other one")
        self.lift()

    def test_a_way_back_that_fails_when_it_is_tried_again_leaves_what_served(self):
        for wanted in ("moody", "next"):
            status, text = self.roll_out(wanted)
            self.assertEqual(status, 0, text)

        def spoil():
            wait_for("the server has loaded it", lambda: triton.predict() == [10, 20, 30], 30)
            away.touch()

        away = controller.work / "away"
        self.addCleanup(away.unlink, True)
        self.public(self.roll_back)
        self.restart(spoil)
        wait_for("the other has its name again", lambda: triton.predict() == [11, 22, 33], 60)
        wait_for("that is told", lambda: self.told() == "next" and self.names() == ["wine"], 60)
        said = controller.run("explain", "deployment/wine")[1]
        self.assertIn("the weights are away", said)
        self.lift()

    def test_what_was_removed_after_a_boot_leaves_nothing(self):
        handle = next(path for path in agent.data.glob("replicas/*/external"))

        def boot():
            triton.kill()
            lines = handle.read_text().splitlines()
            handle.write_text("".join(("boot another" if line.startswith("boot ") else line) + "\n" for line in lines))

        self.restart(boot)
        self.explained("does not answer")
        controller.muster("delete", "deployment/wine", "--allow-removal")
        wait_for("it is gone", lambda: listed(controller, "deployments") == [], 60)
        self.assertEqual(self.names(), [])
        triton.start()


class Unanswered(Case):
    """A server whose answers do not arrive: what it does is not known then, and found out later."""

    runtime = "relayed"

    @classmethod
    def setUpClass(cls):
        cls.remove()
        cls.relay = Relay(triton)
        cls.addClassCleanup(cls.relay.close)
        cls.addClassCleanup(cls.remove)
        cls.addClassCleanup(cls.relay.mend)
        controller.apply(runtime(triton, name=cls.runtime, port=cls.relay.port))

    def unconfirmed(self):
        """Another version has the name, and nobody but the server knows."""
        self.public(lambda: self.apply("slow"))
        self.relay.mute()
        wait_for("the server has it", lambda: triton.predict() == [8, 16, 24], 30)
        self.relay.cut()
        self.explained("has not said whether it loads model 'wine'")

    def test_a_version_that_may_have_the_name_is_taken_back(self):
        self.unconfirmed()
        self.assertEqual(triton.predict(), [8, 16, 24])
        self.assertEqual(len(self.names()), 2, "what it took the place of stays")
        with Clients(triton) as clients:
            self.relay.mend()
            wait_for("version 1 has its name again", lambda: triton.predict() == [2, 4, 6], 60)
        self.assertEqual(set(clients.total) | {2.0}, {8.0, 2.0}, "there was always an answer")
        status, text = controller.run("rollout", "status", "wine", "-w")
        self.assertEqual(status, 1, text)
        self.assertRegex(text, "has not said whether it loads model 'wine'")
        wait_for("nothing is left of the other", lambda: self.names() == ["wine"] and triton.index() == ["wine"], 30)

    def test_a_version_that_is_given_up_goes_when_the_server_hears_of_it(self):
        for ends in (False, True):
            with self.subTest("the agent ends meanwhile" if ends else "the agent stays"):
                self.setUp()
                loads = triton.loads()
                self.apply("slow")
                private = self.private()
                self.relay.cut()
                wait_for("the server has it", lambda: private in triton.index(), 30)
                status, text = controller.run("rollout", "status", "wine", "-w")
                self.assertEqual(status, 1, text)
                if ends:
                    self.restart()
                self.assertEqual(self.names(), ["wine", private], "it is not forgotten")
                self.relay.mend()
                wait_for("it is gone", lambda: self.names() == ["wine"] and triton.has_dropped(private), 60)
                self.assertEqual((triton.predict(), triton.loads()), ([2, 4, 6], loads))

    def test_a_removal_in_mid_change_says_what_it_waits_for(self):
        self.unconfirmed()
        controller.muster("delete", "deployment/wine", "--allow-removal")
        self.explained("rack-1 has not stopped it yet: the server at 127.0.0.1")
        self.relay.mend()
        self.gone()

    def test_what_was_stopped_is_asked_for_no_more(self):
        before = self.relay.count(5)
        for wanted in ("2", "1"):
            status, text = self.roll_out(wanted)
            self.assertEqual(status, 0, text)
        wait_for(f"as few questions as before, {before}", lambda: self.relay.count(5) <= before + 2, 60)

    def test_a_removal_that_is_not_heard_goes_on(self):
        self.relay.cut()
        controller.muster("delete", "deployment/wine", "--allow-removal")
        self.explained("is asked again until it has let go")
        self.assertEqual(triton.predict(), [2, 4, 6])
        self.relay.mend()
        self.gone()


if __name__ == "__main__":
    unittest.main()
