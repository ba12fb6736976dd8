"""The exposition parser beside its peers: Python's prometheus_client, and promtool where it is there."""

import json
import os
import pathlib
import re
import resource
import statistics
import subprocess

from fleet import BIN
from measure import CLIENT_CORE, Figure, pinned

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = ROOT / "Tests/FleetMetricsTests/Corpus"
MEGA = 1000 * 1000
COPIES = 100
NAME = re.compile(r"^(# (?:HELP|TYPE) )?([a-zA-Z_:][a-zA-Z0-9_:]*)", re.MULTILINE)
READ = """
import pathlib, sys, time
from prometheus_client.parser import text_string_to_metric_families
text = pathlib.Path(sys.argv[1]).read_text()
began = time.process_time()
samples = sum(len(family.samples) for family in text_string_to_metric_families(text))
print(time.process_time() - began, samples)
"""


def document():
    """The real documents of the corpus, often enough, each time under other names."""
    texts = [(CORPUS / name).read_text() for name in ("node-exporter-1.5.0.prom", "mlserver-1.7.1.prom")]
    return "".join(NAME.sub(lambda found, prefix=f"copy{copy}_{place}_": f"{found[1] or ''}{prefix}{found[2]}", text)
                   for copy in range(COPIES) for place, text in enumerate(texts))


def run(command, **options):
    """A program that must succeed, on one core."""
    return subprocess.run(pinned(CLIENT_CORE, command), capture_output=True, text=True, check=True, timeout=300, **options)


def promtool_seconds(path):
    """Processor time that promtool takes for a document: judging it included, starting not."""
    spent = []
    for text in ("", path.read_text()):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        said = subprocess.run(pinned(CLIENT_CORE, [os.environ["MUSTER_PROMTOOL"], "check", "metrics"]), input=text,
                              text=True, capture_output=True, check=False, timeout=300).stderr
        if "error while linting" in said:
            raise RuntimeError(f"promtool did not read the document: {said[-300:]}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return max(spent[1] - spent[0], 1e-6)


def metrics(bench):
    """Megabytes of exposition text a second on one core."""
    path = bench.work / "exposition.prom"
    path.write_text(document())
    size = path.stat().st_size / MEGA
    python = os.environ.get("MUSTER_PEERS_PYTHON", "python3")
    ours, mapped, theirs, judged = [], [], [], []
    for _ in range(bench.options.rounds):
        report = json.loads(run([BIN / "muster-bench-metrics", path, max(1, bench.options.seconds // 4)]).stdout)
        ours.append(report["parsedPerSecond"] / MEGA)
        mapped.append(report["mappedPerSecond"] / MEGA)
        seconds, samples = run([python, "-c", READ, path]).stdout.split()
        if int(samples) != report["samples"]:
            raise RuntimeError(f"the parsers disagree: {report['samples']} and {samples} samples")
        theirs.append(size / float(seconds))
        if os.access(os.environ.get("MUSTER_PROMTOOL", ""), os.X_OK):
            judged.append(size / promtool_seconds(path))
    peer = statistics.median(theirs)
    yield Figure("exposition_parser", statistics.median(ours), "MB/s", peer, ">=100",
                 f"peer prometheus_client, {size:.1f} MB, {report['samples']} samples")
    yield Figure("exposition_to_figures", statistics.median(mapped), "MB/s", peer, ">=100", "with the built-in profiles")
    if judged:
        yield Figure("exposition_parser_promtool", statistics.median(ours), "MB/s", statistics.median(judged), ">=1.0x",
                     "peer promtool check metrics, its judging included, its start not")
