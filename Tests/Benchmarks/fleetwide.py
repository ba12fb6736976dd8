"""Rollbacks: how long their plan and the question who served what take, over a whole fleet."""

import contextlib
import json
import ssl
import statistics
import subprocess
import time
import urllib.request

from fleet import BIN, wait_for
from measure import Figure

HOSTS, DEPLOYMENTS, STRETCHES = 10_000, 20, 5
CALLS = 7
BEGINNING, WEEK = 1_792_000_000_000, 604_800_000


def fleetwide(bench):
    """What a person waits for the answer of the operator API; each figure is the median of calls after one that warms up.

    The fleet is written into the store of a controller that is down; it is started again. There is no peer: nothing else keeps
    what each host served.
    """
    controller = bench.controller()
    controller.process.terminate()
    controller.process.wait(timeout=20)
    subprocess.run(
        [BIN / "muster-bench-store", "rollbacks", "--directory", controller.data, "--hosts", str(HOSTS)],
        capture_output=True, text=True, check=True, timeout=600,
    )
    # It reads 200,000 reports and items first.
    with contextlib.suppress(AssertionError):
        controller.start()
    wait_for("the controller listens", controller._listens, 120)
    ask = Asker(controller)

    took, answer = ask.timed("POST", "/rollbacks?plan=true", {"all": True})
    counted = sum(answer["counts"].values())
    if counted != HOSTS * DEPLOYMENTS:
        raise RuntimeError(f"the plan counts {counted} hosts: {json.dumps(answer)[:2000]}")
    yield Figure("rollback_all_plan", statistics.median(took), "ms", None, "<=1000",
                 f"{HOSTS:,} hosts x {DEPLOYMENTS} deployments; longest of {len(took)}: {max(took):.0f} ms")

    stretches = HOSTS * DEPLOYMENTS * STRETCHES
    at = BEGINNING + 5 * WEEK // 2
    took, answer = ask.timed("GET", f"/where?model=model-7&at={at}")
    if sum(answer["counts"].values()) != HOSTS:
        raise RuntimeError(f"where counts {answer['counts']}")
    yield Figure("where_at", statistics.median(took), "ms", None, "<=100",
                 f"{stretches:,} stretches, {len(answer['items']):,} hosts in the answer; longest of {len(took)}: "
                 f"{max(took):.0f} ms")


class Asker:
    """Calls of the operator API on one connection after the other."""

    def __init__(self, controller):
        credentials = json.loads((controller.data / "admin-credentials").read_text(encoding="utf-8"))
        self.origin = f"https://{controller.api}"
        self.base = f"{self.origin}/v1/projects/default"
        self.token = credentials["token"]
        self.context = ssl.create_default_context(cafile=str(controller.data / "authority.pem"))
        self.context.check_hostname = False

    def text(self, path, body=None):
        """What a GET answers, or a POST of a body."""
        request = urllib.request.Request(
            self.origin + path, data=json.dumps(body).encode() if body is not None else None,
            headers={"authorization": f"Bearer {self.token}", "content-type": "application/json"},
        )
        with urllib.request.urlopen(request, context=self.context, timeout=60) as answer:
            return answer.read()

    def timed(self, method, path, body=None):
        """Milliseconds of each call but the first, and the last answer."""
        took = []
        for _ in range(1 + CALLS):
            request = urllib.request.Request(
                self.base + path, method=method, data=json.dumps(body).encode() if body is not None else None,
                headers={"authorization": f"Bearer {self.token}", "content-type": "application/json"},
            )
            began = time.monotonic()
            with urllib.request.urlopen(request, context=self.context, timeout=60) as answer:
                text = answer.read()
            took.append(1000 * (time.monotonic() - began))
        return took[1:], json.loads(text)
