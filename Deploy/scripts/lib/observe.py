#!/usr/bin/env python3
"""What the scripts see of a running fleet, told in lines that a shell can compare. Needs no package.

    observe.py taken ADDRESS:PORT…          prints those that something listens on
    observe.py server DIRECTORY             prints the pid of each model server that serves a model inside it
    observe.py own PID…                     prints the pids of these processes in their own namespaces, on one line
    observe.py inside DIRECTORY             prints the pids of Muster's and MLServer's processes that work inside it
    observe.py classes < ANSWER             prints the model version and the predicted classes of an MLServer answer
    observe.py ask REQUEST END ADDRESS…     asks these addresses in turn, each time on a new connection, until the file END is
                                            there; prints `N requests, M failed`, and what failed on standard error
    observe.py request PROBE                prints the request of a probe file
    observe.py converged VERSION < JSON     whether every host of a deployment is connected and proven on this version
                                            (`muster get deployment NAME -o json`); prints what is missing
    observe.py pids HOST… < JSON            the pids that these hosts report for a deployment, on one line
    observe.py connected COUNT < JSON       whether so many hosts are connected (`muster get hosts -o json`)
    observe.py serving VERSION COUNT < JSON whether so many hosts serve this version (`muster get deployment NAME -o json`);
                                            prints their names, or what is missing
    observe.py newest < JSON                the id of the newest rollback (`muster rollback list -o json`)
    observe.py receipt HOST KIND < JSON     whether a host's receipt is of this kind (`muster rollback receipts ID -o json`)
    observe.py audited < JSON               whether every receipt names its record in the audit
    observe.py welcomed LOG HOST TIME < JSON  the seconds from the Welcome after a time, in an agent's log, to the proof in its receipt
"""

import datetime
import errno
import http.client
import json
import os
import pathlib
import re
import socket
import sys
import time

PROGRAMS = ("muster-controller", "muster-agent", "muster-shim", "python", "mlserver")


def taken(*places):
    """Those of ADDRESS:PORT that cannot be bound because something listens there."""
    for place in places:
        address, port = place.rsplit(":", 1)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, int(port)))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                print(place)


def processes():
    """Every process: its pid, arguments and directory in /proc. Those that end meanwhile are left out."""
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            arguments = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
        except OSError:
            continue
        if arguments:
            yield int(entry.name), arguments, entry


def server(directory):
    """The model servers whose arguments name a model inside a host's directory."""
    prefix = os.path.realpath(directory) + "/models/"
    for pid, arguments, _ in processes():
        if os.path.basename(arguments[0]).startswith("python") and any(a.startswith(prefix) for a in arguments):
            print(pid)


def own(*numbers):
    """The last of the pids that a process has: NSpid in proc(5)."""
    seen = []
    for number in numbers:
        status = pathlib.Path(f"/proc/{number}/status").read_text(encoding="utf-8")
        seen.append(next(line for line in status.splitlines() if line.startswith("NSpid:")).split()[-1])
    print(*seen)


def inside(directory):
    """Processes that a demo left: ours by name, and by a path inside its directory among their arguments."""
    prefix = os.path.realpath(directory) + "/"
    for pid, arguments, _ in processes():
        if os.path.basename(arguments[0]).startswith(PROGRAMS) and any(prefix in a for a in arguments):
            print(pid)


def classes():
    """`2.0.0: 0 1 2`, or the reason why the answer holds no classes."""
    answer = json.load(sys.stdin)
    for output in answer.get("outputs", []):
        if output["name"] == "predict":
            print(f"{answer.get('model_version')}:", *output["data"])
            return
    sys.exit(f"no predictions in {answer}")


def ask(body, end, *addresses):
    """A client that keeps no connection: some twenty requests a second."""
    body = pathlib.Path(body).read_bytes()
    count, failed = 0, {}
    while not os.path.exists(end):
        address = addresses[count % len(addresses)]
        connection = http.client.HTTPConnection(address, 8080, timeout=10)
        try:
            connection.request("POST", "/v2/models/wine/infer", body, {"content-type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            why = None if answer.status == 200 else f"status {answer.status}"
        except OSError as error:
            why = str(error)
        except http.client.HTTPException as error:
            why = type(error).__name__
        finally:
            connection.close()
        if why:
            failed[f"{address}: {why}"] = failed.get(f"{address}: {why}", 0) + 1
        count += 1
        time.sleep(0.05)
    print(f"{count} requests, {sum(failed.values())} failed")
    for why, times in failed.items():
        print(f"{times} times {why}", file=sys.stderr)


def request(probe):
    """The request of a probe file, as one line of JSON."""
    print(json.dumps(json.loads(pathlib.Path(probe).read_text(encoding="utf-8"))["request"]))


def items(document):
    """The items of a listing, or the one item."""
    if isinstance(document, list):
        return document
    return document.get("items", [document])


def converged(version):
    """Whether every host of the deployment serves this version, verified, and the rollout is over."""
    missing = []
    for deployment in items(json.load(sys.stdin)):
        hosts = deployment.get("hosts", [])
        if not hosts:
            missing.append("no host reports the deployment yet")
        for host in hosts:
            serving = (host.get("serving") or {}).get("version", "nothing")
            if not host["connected"]:
                missing.append(f"{host['host']} is not connected")
            elif serving != version or host["state"] not in ("verified", "reverted"):
                missing.append(f"{host['host']} serves {serving}, {host['state']} {host.get('reason') or ''}".strip())
        rollout = deployment.get("rollout") or {}
        if rollout.get("state") in ("progressing", "aborting"):
            missing.append(f"the rollout is {rollout['state']}")
    if missing:
        sys.exit("; ".join(missing))


def pids(*names):
    """The pid of each host's replica, in the order of the names."""
    hosts = {host["host"]: host for item in items(json.load(sys.stdin)) for host in item["hosts"]}
    print(*((hosts.get(name, {}).get("instance") or {}).get("pid", "none") for name in names))


def connected(count):
    """Whether exactly so many hosts are connected."""
    names = [item["host"]["name"] for item in items(json.load(sys.stdin)) if item["connected"]]
    if len(names) != int(count):
        sys.exit(f"{len(names)} of {count} hosts are connected: {' '.join(names)}")


def serving(version, count):
    """The hosts that serve this version, as far as they have told."""
    hosts = [host for item in items(json.load(sys.stdin)) for host in item["hosts"]]
    names = [host["host"] for host in hosts if (host.get("serving") or {}).get("version") == version]
    if len(names) != int(count):
        sys.exit(f"{len(names)} of {count} hosts serve {version}: {' '.join(names)}")
    print(*names)


def newest():
    """The first of a list of rollbacks."""
    print(items(json.load(sys.stdin))[0]["rollback"]["id"])


def receipt(name, kind):
    """A receipt is one member, whose name is its kind."""
    for entry in json.load(sys.stdin)["receipts"]:
        if entry["host"] == name:
            said = next(iter(entry["receipt"]))
            return None if said == kind else sys.exit(f"{name} is {said}: {json.dumps(entry['receipt'])}")
    return sys.exit(f"{name} has no receipt")


def audited():
    """Every outcome is in the audit's chain."""
    missing = [entry["host"] for entry in json.load(sys.stdin)["receipts"] if not (entry.get("audit") or {}).get("hash")]
    if missing:
        sys.exit(f"no record in the audit for {' '.join(missing)}")


def welcomed(log, name, joined):
    """How long a host that came back took, from the controller's Welcome to its proof.

    A short cut may leave the session whole, so that there is no new Welcome: then from the first assignment that came.
    """
    lines = pathlib.Path(log).read_text(encoding="utf-8").splitlines()

    def times(event):
        found = [re.search(r"time=(\S+)", line)[1] for line in lines if f'message="{event}"' in line]
        return [datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() for text in found]

    heard = [moment for event in ("session established", "assignment received") for moment in times(event)]
    began = min(moment for moment in heard if moment >= float(joined))
    proof = next(entry["provenAt"] for entry in json.load(sys.stdin)["receipts"] if entry["host"] == name) / 1000
    print(f"{proof - began:.1f}")


if __name__ == "__main__":
    commands = {
        function.__name__: function
        for function in (
            taken, server, own, inside, classes, ask, request, converged, pids, connected, serving, newest, receipt,
            audited, welcomed,
        )
    }
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](*sys.argv[2:])
