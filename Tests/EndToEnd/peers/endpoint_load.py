"""Clients under load on a bed, for the load test and the benchmark."""

import json
import os
import sys

from endpoint_bed import HERE, wait_for
from endpoint_client import BOARD_SIZE, Board


class Load:
    """Clients of every kind, and what they say at the end."""

    def __init__(self, bed):
        self.bed = bed
        path = bed.work / "board"
        path.write_bytes(bytes(BOARD_SIZE))
        self.path, self.board = path, Board(path)
        self.clients = []
        self.python = os.environ.get("MUSTER_PEERS_PYTHON", sys.executable)

    def add(self, kind, namespace, address, port, *sources, pause=""):
        """Starts a client."""
        slot = len(self.clients) + 1
        words = [f"{kind}{pause}", address, port, self.path, slot, *([",".join(sources)] if sources else [])]
        self.clients.append((kind, self.bed.start(namespace, self.python, HERE / "endpoint_client.py", *words)))

    def counts(self, *kinds):
        """How many requests of each client have ended, by its slot."""
        return {slot: self.board.read(slot) for slot, (kind, _) in enumerate(self.clients, 1) if not kinds or kind in kinds}

    def wait_for_more(self, number, *kinds, seconds=60):
        """Waits until each client has ended so many more requests: by then none is left that began before."""
        before = self.counts(*kinds)
        wait_for(f"{number} more requests of each client",
                 lambda: all(now >= before[slot] + number for slot, now in self.counts(*kinds).items()), seconds)

    def finish(self):
        """Stops the clients; what each of them saw."""
        self.board.write(0, 1)
        return [(kind, json.loads(client.stdout.readline())) for kind, client in self.clients]
