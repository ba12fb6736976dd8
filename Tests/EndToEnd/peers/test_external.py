"""A real Triton that runs already, and an agent that loads models into it (`driver: external`): what its clients see meanwhile."""

import collections
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import textwrap
import threading
import unittest
import urllib.request

from fleet import Controller, RealAgent, free_port, listed, wait_for

TRITON = pathlib.Path(os.environ.get("MUSTER_TRITON", "/nonexistent"))
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
REQUEST = {"inputs": [{"name": "x", "shape": [3], "datatype": "FP32", "data": [1, 2, 3]}]}


class Triton:
    """A server in explicit mode, with a repository of its own."""

    def __init__(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="muster-triton-"))
        self.repository = self.work / "models"
        self.repository.mkdir()
        self.port, self.metrics = free_port(), free_port()
        self.log = open(self.work / "log", "ab")
        self.process = None
        self.start()

    def start(self):
        """Starts it and waits until it answers."""
        self.process = subprocess.Popen(
            [TRITON / "start", f"--model-repository={self.repository}", "--model-control-mode=explicit",
             "--http-address=127.0.0.1", f"--http-port={self.port}", "--allow-grpc=false",
             "--metrics-address=127.0.0.1", f"--metrics-port={self.metrics}"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True,
        )
        wait_for("Triton answers", lambda: self.process.poll() is not None or self.ask("GET", "/v2/health/live"), 60)

    def kill(self):
        """Ends it at once, and its models with it."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def ask(self, method, path, body=None):
        """Status and body; None when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            return answer.status, answer.read()
        except OSError:
            return None
        finally:
            connection.close()

    def predict(self, model="wine"):
        """What a model answers to one request; None when it does not."""
        answer = self.ask("POST", f"/v2/models/{model}/infer", REQUEST)
        return json.loads(answer[1])["outputs"][0]["data"] if answer and answer[0] == 200 else None

    def index(self):
        """The models that it holds now, by name."""
        entries = json.loads(self.ask("POST", "/v2/repository/index")[1])
        return sorted(entry["name"] for entry in entries if entry.get("state") == "READY")

    def requests(self, model):
        """How many requests its page says that a model has answered."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/metrics", timeout=10) as page:
            lines = page.read().decode().splitlines()
        name = f'nv_inference_request_success{{model="{model}",'
        return sum(int(line.split()[-1]) for line in lines if line.startswith(name))

    def loads(self, model="wine"):
        """How often it has loaded a model of exactly this name."""
        return (self.work / "log").read_text(errors="replace").count(f"successfully loaded '{model}'")

    def has_dropped(self, model):
        """Whether it holds no model of this name any more, that it has begun to load; the index says nothing without a directory."""
        said = (self.work / "log").read_text(errors="replace")
        return f"successfully unloaded '{model}'" in said or f"failed to load '{model}'" in said

    def loading(self):
        """A private name that is being loaded now; None when there is none."""
        said = (self.work / "log").read_text(errors="replace")
        begun = [line.split('"loading: ')[1].split(":")[0] for line in said.splitlines() if '"loading: wine.muster-' in line]
        return begun[-1] if begun and f"successfully loaded '{begun[-1]}'" not in said else None

    def close(self):
        """Ends it and removes its files."""
        if self.process.poll() is None:
            self.kill()
        self.log.close()
        shutil.rmtree(self.work, ignore_errors=True)


class Clients:
    """Requests one after the other, on connections that are kept, until the block ends; what was answered, and how often."""

    def __init__(self, server, count=2):
        self.server = server
        self.seen = [collections.Counter() for _ in range(count)]
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(seen,)) for seen in self.seen]

    def run(self, seen):
        """One client's life."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        while not self.stop.is_set():
            try:
                connection.request("POST", "/v2/models/wine/infer", json.dumps(REQUEST))
                answer = connection.getresponse()
                body = answer.read()
                seen[json.loads(body)["outputs"][0]["data"][0] if answer.status == 200 else f"{answer.status} {body[:200]}"] += 1
            except (OSError, http.client.HTTPException) as error:
                seen[repr(error)] += 1
                connection.close()
        connection.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()
        self.total = sum(self.seen, collections.Counter())


def runtime(server):
    """The server, for the agent."""
    return f"""
apiVersion: muster/v1
kind: Model
metadata: {{name: wine}}
spec: {{owner: peers}}
---
apiVersion: muster/v1
kind: Runtime
metadata: {{name: triton}}
spec:
  driver: external
  external: {{ports: {{http: {server.port}, metrics: {server.metrics}}}, repository: {server.repository}}}
  update: sideBySide
  health: {{ready: {{http: {{port: http, path: "/v2/models/{{model.name}}/ready"}}}}}}
  metrics:
    port: metrics
    path: /metrics
    names: {{requests: ['nv_inference_request_success{{model="{{model.name}}"}}']}}
"""


def version(name, factor):
    """A manifest of a version whose answers are the request's numbers, so many times."""
    expected = {"model_name": "wine", "outputs": [{"name": "y", "data": [factor, 2 * factor, 3 * factor]}]}
    return f"""
apiVersion: muster/v1
kind: ModelVersion
metadata: {{name: wine-{name}}}
spec:
  model: wine
  version: "{name}"
  format: python
  probe: {{port: http, path: /v2/models/wine/infer, request: {json.dumps(REQUEST)}, expect: {json.dumps(expected)}}}
"""


def deployment(wanted, name="wine", scope=""):
    """A manifest of a deployment on the one host."""
    return f"""
apiVersion: muster/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  content: {{model: {{name: wine, version: "{wanted}"}}, runtime: triton}}
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
    controller.apply(runtime(triton))
    push("1", 2, 2)
    push("2", 3, 3)
    push("wrong", 5, 4)
    push("broken", 6, 6, first='raise RuntimeError("the weights are missing")')
    push("slow", 8, 8, first="import threading; threading.Event().wait(4)")
    push("named", 7, 7, configuration='name: "wine"\n' + CONFIGURATION)


def tearDownModule():
    """And their end."""
    agent.close()
    controller.close()
    triton.close()


class External(unittest.TestCase):
    """One model in a server that runs already; each test begins with version 1 served."""

    def setUp(self):
        # It may be what is wanted already: then nothing is rolled out.
        controller.apply(deployment("1"))
        wait_for("version 1 serves", lambda: triton.predict() == [2, 4, 6], 60)
        wait_for("that is told", lambda: (self.replica().get("serving") or {}).get("version") == "1", 60)
        wait_for("nothing else is in the repository", lambda: self.names() == ["wine"], 30)
        # What has not succeeded is nothing to go back to.
        wait_for("its rollout is over", lambda: self.item()["rollout"]["state"] not in ("progressing", "baking", "aborting"), 30)

    def roll_out(self, wanted):
        """Applies, waits for the rollout's end; exit status and text."""
        controller.apply(deployment(wanted))
        return controller.run("rollout", "status", "wine", "-w")

    def item(self):
        """What the controller says of the deployment."""
        return [item for item in listed(controller, "deployments") if item["deployment"]["name"] == "wine"][0]

    def replica(self):
        """What the one host says of it."""
        return self.item()["hosts"][0]

    def private(self):
        """The name under which a version is being loaded for its proof."""
        return wait_for("a version is loaded under its private name", lambda: triton.loading(), 30)

    def names(self):
        """What is in the repository."""
        return sorted(os.listdir(triton.repository))

    def test_rollout_and_rollback_fail_no_request(self):
        with Clients(triton) as clients:
            status, text = self.roll_out("2")
            self.assertEqual(status, 0, text)
            self.assertEqual(triton.predict(), [3, 6, 9])
            controller.muster("rollback", "wine", "--reason", "tried", "--confirm", "wine")
            wait_for("version 1 is back", lambda: triton.predict() == [2, 4, 6], 60)
        print(f"answers while 1 became 2 and 2 became 1: {dict(clients.total)}")
        self.assertEqual(set(clients.total), {2.0, 3.0}, "nothing but these two versions was answered, and nothing failed")
        self.assertGreater(clients.total[3.0], 0)
        wait_for("nothing is left of the other", lambda: self.names() == ["wine"], 30)
        self.assertEqual(triton.index(), ["wine"])
        for hold in json.loads(controller.muster("hold", "list", "-o", "json"))["items"]:
            controller.muster("hold", "lift", hold["hold"]["id"], "--reason", "tried")

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

    def test_an_agent_that_is_killed_on_the_way_leaves_the_model_alone(self):
        loads = triton.loads()
        with Clients(triton) as clients:
            controller.apply(deployment("2"))
            private = self.private()
            agent.process.kill()
            agent.process.wait()
            agent.start()
            wait_for("it is cleared away", lambda: self.names() == ["wine"] and triton.has_dropped(private), 30)
            wait_for("and version 1 is told", lambda: (self.replica().get("serving") or {}).get("version") == "1", 30)
        self.assertEqual(set(clients.total), {2.0})
        self.assertEqual(triton.loads(), loads, "the agent took over what it found")

    def test_what_is_given_up_on_the_way_is_cleared_away(self):
        loads = triton.loads()
        with Clients(triton) as clients:
            controller.apply(deployment("slow"))
            private = self.private()
            controller.muster("rollout", "abort", "wine", "--reason", "tried")
            wait_for("it is cleared away", lambda: self.names() == ["wine"] and triton.has_dropped(private), 30)
            wait_for("and version 1 is told", lambda: (self.replica().get("serving") or {}).get("version") == "1", 30)
        self.assertEqual(set(clients.total), {2.0})
        self.assertEqual(triton.loads(), loads)

    def test_an_agent_that_is_killed_after_the_change_takes_it_back(self):
        controller.apply(deployment("2").replace("stableFor: 300ms", "stableFor: 60s", 1))
        wait_for("version 2 has the name", lambda: triton.predict() == [3, 6, 9], 60)
        agent.process.kill()
        agent.process.wait()
        agent.start()
        wait_for("version 1 has it again", lambda: triton.predict() == [2, 4, 6], 60)
        wait_for("nothing is left of the other", lambda: self.names() == ["wine"], 30)

    def test_a_server_that_starts_again_gets_its_model_back(self):
        triton.kill()
        wait_for("that is told", lambda: "127.0.0.1" in controller.run("explain", "deployment/wine")[1], 30)
        triton.start()
        wait_for("the model is there", lambda: triton.predict() == [2, 4, 6], 60)

    def test_a_server_that_hangs_is_waited_for(self):
        loads = triton.loads()
        os.killpg(triton.process.pid, signal.SIGSTOP)
        try:
            wait_for("that is told", lambda: "does not answer" in controller.run("explain", "deployment/wine")[1], 60)
        finally:
            os.killpg(triton.process.pid, signal.SIGCONT)
        wait_for("and that it is over", lambda: "does not answer" not in controller.run("explain", "deployment/wine")[1], 60)
        self.assertEqual(triton.predict(), [2, 4, 6])
        self.assertEqual(triton.loads(), loads, "it had not gone")

    def test_with_recreate_there_is_one_copy_at_a_time(self):
        recreate = runtime(triton).replace("update: sideBySide", "update: recreate").replace("name: triton", "name: one-copy")
        controller.apply("---".join(part for part in recreate.split("---") if "kind: Model\n" not in part))
        path = controller.work / "recreate.yaml"
        path.write_text(deployment("2").replace("runtime: triton", "runtime: one-copy"), encoding="utf-8")
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
        wait_for("that is told", lambda: "somebody unloaded it" in controller.run("explain", "deployment/wine")[1], 30)
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

    def remove(self):
        """Removes both deployments that there may be, and waits until nothing of them is left."""
        for item in listed(controller, "deployments"):
            controller.muster("delete", f"deployment/{item['deployment']['name']}", "--allow-removal")
        wait_for("they are gone", lambda: listed(controller, "deployments") == [], 90)
        wait_for("nothing is left", lambda: triton.index() == [] and self.names() == [], 60)
        self.assertIsNone(triton.predict())

    def test_removal_while_it_gets_the_name_leaves_nothing(self):
        mark = triton.repository / "wine/.muster"
        before = mark.read_text()
        controller.apply(deployment("slow"))
        wait_for("it is loaded under its public name", lambda: mark.exists() and mark.read_text() != before, 60)
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


if __name__ == "__main__":
    unittest.main()
