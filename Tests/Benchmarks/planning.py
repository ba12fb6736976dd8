"""The planner: how long one host's status takes until the new plan is there, beside a plan made anew."""

import statistics
import subprocess

from fleet import BIN
from measure import SERVER_CORE, Figure, pinned

STATUSES = 4000


def planner(bench):
    """Mean time of one status at 10,000 and at 100,000 hosts; the peer looks at every host again, as a planner without aggregates does."""
    means = {}
    for hosts in (10_000, 100_000):
        means[hosts], tails, anew = [], [], []
        for _ in range(bench.options.rounds):
            said = subprocess.run(
                pinned(SERVER_CORE, [BIN / "muster-bench-planner", hosts, STATUSES]),
                capture_output=True, text=True, check=True, timeout=300,
            ).stdout.split()
            means[hosts].append(float(said[1]) / 1000)
            tails.append(float(said[2]) / 1000)
            anew.append(float(said[4]) / 1000)
        yield Figure(f"status_to_plan_{hosts}", statistics.median(means[hosts]), "ms", statistics.median(anew), "<=1",
                     f"mean of {said[0]} statuses, p99 {statistics.median(tails):.3f} ms, longest {float(said[3]) / 1000:.1f} ms; "
                     "peer: every host looked at again")
    small, large = (statistics.median(means[hosts]) for hosts in (10_000, 100_000))
    yield Figure("status_to_plan_growth", large, "ms", small, "<=2x", "100,000 hosts beside 10,000")
