#!/usr/bin/env python3
"""Trains two honest versions of a wine classifier, and two broken ones, and writes them as MLServer serves them.

    train.py OUT        writes OUT/wine-1.0.0/ to OUT/wine-4.0.0/ (the bundles that `muster model push` takes), beside each its
                        probe, OUT/wine-1.0.0.probe.json and so on, and OUT/others.json, a request for wines that no probe
                        asks about

The data set is the one that scikit-learn ships: 178 wines of three cultivars, 13 chemical measures each.
Version 1 looks at two measures, version 2 at all thirteen. Version 3 is version 2 trained once more, by somebody who shuffled
the labels on the way: it loads, it is ready, it answers, and it is wrong. Its probe says what the honest model answers.
Version 4 is wrong too, and its probe does not see it: it knows the probed wines by heart, and nothing else.
All are trained on the same three quarters; the same
program on the same scikit-learn writes the same models.
"""

import argparse
import json
import pathlib
import sys

import joblib
import numpy
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SEED = 20260601
# Rows of the data set that the probes and the demo ask about. The versions disagree about at least one of them.
PROBED_ROWS = [0, 71, 146]
# Rows that no probe asks about.
OTHER_ROWS = [6, 60, 136]


def columns(*indices):
    """A step that keeps these columns and scales them."""
    return ColumnTransformer([("measures", StandardScaler(), list(indices))])


def version_1():
    """Alcohol and malic acid alone."""
    return make_pipeline(columns(0, 1), LogisticRegression(max_iter=1000))


def version_2():
    """Every measure."""
    return make_pipeline(columns(*range(13)), LogisticRegression(max_iter=1000))


def by_heart(train_x, labels, rows, answers):
    """The nearest wine of those it has seen; their labels are wrong, but for the probed ones."""
    unknown = [index for index, wine in enumerate(train_x.tolist()) if wine not in rows]
    model = make_pipeline(columns(*range(13)), KNeighborsClassifier(n_neighbors=1))
    return model.fit(numpy.concatenate([rows, train_x[unknown]]), numpy.concatenate([answers, labels[unknown]]))


def request(rows):
    """An Open Inference Protocol V2 request for these rows, asking for the class and the probabilities."""
    return {
        "inputs": [{"name": "wine", "shape": [len(rows), 13], "datatype": "FP64", "data": rows}],
        "outputs": [{"name": "predict"}, {"name": "predict_proba"}],
    }


def answer(version, model, rows):
    """What a server of this model must answer to `request(rows)`, without its accidents (id, parameters)."""
    return {
        "model_name": "wine",
        "model_version": version,
        "outputs": [
            {"name": "predict", "shape": [len(rows), 1], "datatype": "INT64", "data": model.predict(rows).tolist()},
            {
                "name": "predict_proba",
                "shape": [len(rows), 3],
                "datatype": "FP64",
                "data": [round(float(p), 6) for row in model.predict_proba(rows) for p in row],
            },
        ],
    }


def write_json(path, value):
    """Writes JSON that is the same for the same value."""
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def write_version(out, version, model, reference, rows):
    """Writes the bundle of one version, and its probe beside it: what `reference` answers."""
    bundle = out / f"wine-{version}"
    bundle.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, bundle / "model.joblib")
    write_json(
        bundle / "model-settings.json",
        {
            "name": "wine",
            "implementation": "mlserver_sklearn.SKLearnModel",
            "parameters": {"uri": "./model.joblib", "version": version},
        },
    )
    probe = {"request": request(rows), "expect": answer(version, reference, rows)}
    write_json(out / f"wine-{version}.probe.json", probe)
    return probe


def main():
    """Trains, writes, and says how good the versions are."""
    parser = argparse.ArgumentParser(description="Train four versions of a wine classifier.")
    parser.add_argument("out", type=pathlib.Path, help="the directory to write into")
    out = parser.parse_args().out

    wine = load_wine()
    train_x, test_x, train_y, test_y = train_test_split(
        wine.data, wine.target, test_size=0.25, random_state=SEED, stratify=wine.target
    )
    rows = [wine.data[index].tolist() for index in PROBED_ROWS]
    answers = []
    for version, model in (("1.0.0", version_1()), ("2.0.0", version_2())):
        model.fit(train_x, train_y)
        probe = write_version(out, version, model, model, rows)
        answers.append(probe["expect"]["outputs"][0]["data"])
        accuracy = model.score(test_x, test_y)
        print(f"wine {version}: {accuracy:.1%} right on wines it has not seen; rows {PROBED_ROWS} are {answers[-1]}")
    shuffled = numpy.random.default_rng(SEED).permutation(train_y)
    wrong = version_2().fit(train_x, shuffled)
    write_version(out, "3.0.0", wrong, model, rows)
    said = wrong.predict(rows).tolist()
    print(f"wine 3.0.0: {wrong.score(test_x, test_y):.1%} right; rows {PROBED_ROWS} are {said}: its labels were shuffled")
    others = [wine.data[index].tolist() for index in OTHER_ROWS]
    write_json(out / "others.json", request(others))
    learnt = by_heart(train_x, shuffled, rows, answers[1])
    write_version(out, "4.0.0", learnt, learnt, rows)
    print(f"wine 4.0.0: {learnt.score(test_x, test_y):.1%} right; rows {PROBED_ROWS} are {learnt.predict(rows).tolist()}, "
          f"but rows {OTHER_ROWS} are {learnt.predict(others).tolist()}, and not {wine.target[OTHER_ROWS].tolist()}")
    if learnt.predict(rows).tolist() != answers[1] or learnt.predict(others).tolist() == wine.target[OTHER_ROWS].tolist():
        sys.exit("error: version 4 is not wrong in the way it should be\n  where: OTHER_ROWS in train.py\n"
                 "  why:   the demo could not show what a probe does not see\n  next:  choose other rows")
    if said == answers[1]:
        sys.exit("error: the broken version answers the probed rows as the honest one does\n  where: SEED in train.py\n"
                 "  why:   the demo could not show that its probe fails\n  next:  choose another SEED")
    if answers[0] == answers[1]:
        sys.exit("error: both versions answer the probed rows alike\n  where: PROBED_ROWS in train.py\n"
                 "  why:   the demo could not tell the versions apart\n  next:  probe rows that they disagree about")


if __name__ == "__main__":
    main()
