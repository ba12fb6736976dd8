"""Triton on a host, as somebody runs it who has never heard of Muster; and versions of a model that it loads."""

import json
import os

from bed import wait_for

TRITON = os.environ["MUSTER_TRITON"]
PORT = 8000
REPOSITORY = "/srv/triton/models"
UNIT = f"""[Service]
User=triton
ExecStart=/triton/start --model-repository={REPOSITORY} --model-control-mode=explicit --http-port={PORT} --allow-grpc=false
Restart=always
[Install]
WantedBy=multi-user.target
"""
# Triton tells versions of one directory apart by numbers.
MODEL = """import numpy
import triton_python_backend_utils as backend

class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        x = backend.get_input_tensor_by_name(request, "x").as_numpy()
        return backend.InferenceResponse([backend.Tensor("y", (x * FACTOR).astype(numpy.float32))])
"""
CONFIGURATION = """backend: "python"
max_batch_size: 0
input [{name: "x", data_type: TYPE_FP32, dims: [-1]}]
output [{name: "y", data_type: TYPE_FP32, dims: [-1]}]
"""
REQUEST = {"inputs": [{"name": "x", "shape": [3], "datatype": "FP32", "data": [1, 2, 3]}]}


def model(name):
    """The manifest of a model."""
    return f"apiVersion: muster/v1\nkind: Model\nmetadata: {{name: {name}}}\nspec: {{owner: cellar-team}}\n"


def write_version(work, name, version):
    """A version that multiplies by its first number: WORK/models/NAME-VERSION and WORK/NAME-VERSION.yaml."""
    factor = int(version.partition(".")[0])
    bundle = work / f"models/{name}-{version}"
    (bundle / str(factor)).mkdir(parents=True)
    (bundle / "config.pbtxt").write_text(CONFIGURATION)
    (bundle / f"{factor}/model.py").write_text(MODEL.replace("FACTOR", str(factor)))
    expect = {"model_name": name, "outputs": [{"name": "y", "data": [factor, 2 * factor, 3 * factor]}]}
    probe = {"port": "http", "path": f"/v2/models/{name}/infer", "request": REQUEST, "expect": expect}
    (work / f"{name}-{version}.yaml").write_text(
        f"apiVersion: muster/v1\nkind: ModelVersion\nmetadata: {{name: {name}-{version}}}\n"
        f"spec: {{model: {name}, version: {version}, format: python, probe: {json.dumps(probe)}}}\n"
    )


def start(host):
    """Has a host run it, with a repository that the agent, whose user is made for that, may fill."""
    host.run("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", "triton")
    host.run("useradd", "--system", "--home-dir", "/var/lib/muster-agent", "--shell", "/usr/sbin/nologin", "muster")
    host.run("install", "-d", "-o", "muster", "-g", "triton", "-m", "2750", REPOSITORY)
    host.write("/etc/muster/policy.conf", f"repositories = {REPOSITORY}\n")
    host.write("/etc/systemd/system/muster-agent.service.d/triton.conf", f"[Service]\nReadWritePaths={REPOSITORY}\n")
    host.write("/etc/systemd/system/triton.service", UNIT)
    host.run("systemctl", "enable", "--now", "triton")
    wait_for("Triton answers", lambda: host.answers(f"http://{host.address}:{PORT}/v2/health/live"), seconds=60)
