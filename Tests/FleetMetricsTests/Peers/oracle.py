#!/usr/bin/env python3
"""What Python's prometheus_client reads in exposition documents: the oracle of our reader.

    oracle.py read FILE…             one JSON object a file: {"samples": [{name, labels, value, timestamp, type}, …]}
    oracle.py make SEED COUNT DIR    writes COUNT random documents of both dialects, by prometheus_client's own writers
"""

import json
import math
import pathlib
import random
import sys

from prometheus_client import CollectorRegistry, Counter, Enum, Gauge, Histogram, Info, Summary
from prometheus_client import exposition, parser
from prometheus_client.openmetrics import exposition as openmetrics_exposition
from prometheus_client.openmetrics import parser as openmetrics_parser


def families(text):
    """The families of a document, by the reader of its dialect."""
    if text.endswith("# EOF\n"):
        return openmetrics_parser.text_string_to_metric_families(text)
    return parser.text_string_to_metric_families(text)


def record(path):
    """What the oracle reads in one file. Numbers travel as text, because JSON knows neither NaN nor infinities."""
    samples = []
    for family in families(path.read_text(encoding="utf-8")):
        for sample in family.samples:
            samples.append({
                "name": sample.name, "labels": sample.labels, "value": repr(float(sample.value)),
                "timestamp": None if sample.timestamp is None else round(float(sample.timestamp) * 1000),
                "type": family.type,
            })
    return {"samples": samples}


def text(dice):
    """A label's value with everything that needs an escape."""
    return "".join(dice.choice(["a", "Z", "\\", "\n", '"', "é", "{", "}", ",", "=", " ", "#", "漢"])
                   for _ in range(dice.randrange(8)))


def number(dice):
    """Numbers of every size."""
    return dice.choice([
        0.0, 1.0, dice.random(), dice.uniform(-1e9, 1e9), float(dice.randrange(10**15)), dice.random() * 1e-12,
        dice.random() * 10.0 ** dice.randrange(-300, 300), math.inf, -math.inf, math.nan,
    ])


def growth(dice):
    """What a counter may grow by: the oracle's reader takes nothing else."""
    value = abs(number(dice))
    return value if math.isfinite(value) else 1.0


def registry(dice):
    """Random metrics of every type that the client library knows."""
    made = CollectorRegistry()
    kinds = [Counter, Gauge, Histogram, Summary, Info, Enum]
    for index in range(dice.randrange(1, 12)):
        kind = dice.choice(kinds)
        names = [f"label_{n}" for n in range(dice.randrange(4))]
        more = {"states": ["up", "down"]} if kind is Enum else {}
        metric = kind(f"m{index}_{kind.__name__.lower()}", text(dice) or "help", names, registry=made, **more)
        for _ in range(dice.randrange(1, 4)):
            child = metric.labels(*(text(dice) for _ in names)) if names else metric
            if kind is Counter:
                child.inc(growth(dice), exemplar={"trace": "1"} if dice.random() < 0.5 else None)
            elif kind is Gauge:
                child.set(number(dice))
            elif kind is Info:
                child.info({"version": text(dice)})
            elif kind is Enum:
                child.state(dice.choice(["up", "down"]))
            else:
                for _ in range(dice.randrange(5)):
                    child.observe(growth(dice))
    return made


def make(seed, count, directory):
    """Writes the random documents."""
    dice = random.Random(seed)
    for index in range(count):
        made = registry(dice)
        (directory / f"{index:03}.prom").write_bytes(exposition.generate_latest(made))
        (directory / f"{index:03}.om").write_bytes(openmetrics_exposition.generate_latest(made))


def main():
    """Runs one of the two commands."""
    command, *arguments = sys.argv[1:]
    if command == "make":
        make(int(arguments[0]), int(arguments[1]), pathlib.Path(arguments[2]))
    else:
        for name in arguments:
            print(json.dumps(record(pathlib.Path(name))))


if __name__ == "__main__":
    main()
