"""A client of the endpoint under load: asks until it is told to stop, and then says as JSON what it saw.

    endpoint_client.py KIND ADDRESS PORT BOARD SLOT [SOURCE,…]

KIND: `fresh` (a connection for each request), `pooled` (one kept-alive connection, one retry on another), `grpc` (one channel,
up to two retries); `fresh0.002` pauses so many seconds between two requests.
BOARD is a file of 64-bit numbers that is shared with the one who started it: the first is set to stop; each slot
counts the requests that have ended.
"""

import json
import mmap
import select
import socket
import struct
import sys
import time

BOARD_SIZE = 4096
#: Whoever started it may be gone.
LONGEST = 240
REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
LAST_REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
#: Linux: a port is chosen with the peer in mind, so that a client has 28,000 for each address and peer.
IP_BIND_ADDRESS_NO_PORT = 24


class Board:
    """The shared numbers."""

    def __init__(self, path):
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), BOARD_SIZE)

    def read(self, slot):
        """One number."""
        return struct.unpack_from("Q", self.memory, 8 * slot)[0]

    def write(self, slot, number):
        """One number."""
        struct.pack_into("Q", self.memory, 8 * slot, number)


class Client:
    """What all kinds share."""

    #: Seconds between two requests.
    pause = 0.0
    #: How often a failed request is asked again.
    retries = 1

    def __init__(self, address, port, sources):
        self.address, self.port, self.sources = address, port, sources
        self.count = self.failed = self.retries_failed = 0
        self.why = {}
        #: By the answer: how many, and when the last one was asked for.
        self.answers = {}

    def connect(self):
        """A new connection."""
        if not self.sources:
            return socket.create_connection((self.address, self.port), 10)
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        new = socket.socket(family, socket.SOCK_STREAM)
        new.settimeout(10)
        new.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        new.bind((self.sources[self.count % len(self.sources)], 0))
        new.connect((self.address, self.port))
        return new

    def run(self, board, slot):
        """Asks until it is told to stop."""
        end = time.monotonic() + LONGEST
        while not board.read(0) and time.monotonic() < end:
            asked = time.monotonic()
            try:
                answer = self.ask()
            except OSError as error:
                answer = self.failure(error)
                if answer:
                    asked = time.monotonic()
            if answer:
                seen = self.answers.setdefault(answer, [0, 0.0])
                seen[0] += 1
                seen[1] = max(seen[1], asked)
            self.count += 1
            board.write(slot, self.count)
            if self.pause:
                select.select([], [], [], self.pause)
        print(json.dumps({"count": self.count, "failed": self.failed, "retries_failed": self.retries_failed,
                          "why": self.why, "answers": self.answers}), flush=True)

    def failure(self, error):
        """Counts it."""
        self.failed += 1
        name = type(error).__name__
        self.why[name] = self.why.get(name, 0) + 1

    def retry(self, error):
        """Counts it and asks again; what that brings."""
        Client.failure(self, error)
        for _ in range(self.retries):
            try:
                return self.ask()
            except OSError as again:
                self.why[f"again {again}"] = self.why.get(f"again {again}", 0) + 1
        self.retries_failed += 1
        return None


class Fresh(Client):
    """A connection for each request."""

    def ask(self):
        connection = self.connect()
        try:
            connection.sendall(LAST_REQUEST)
            said = b""
            while part := connection.recv(4096):
                said += part
        finally:
            connection.close()
        head, _, body = said.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise ConnectionError(f"an answer that is none: {said!r}")
        return body.decode()


class Pooled(Client):
    """One connection that is kept."""

    pause = 0.002
    kept = None
    failure = Client.retry

    def ask(self):
        try:
            if not self.kept:
                self.kept = self.connect()
            self.kept.sendall(REQUEST)
            said = self.kept.recv(4096)
            if not said.startswith(b"HTTP/1.1 200"):
                raise ConnectionError("closed")
            return said.partition(b"\r\n\r\n")[2].decode()
        except OSError:
            if self.kept:
                self.kept.close()
            self.kept = None
            raise


class Channel(Client):
    """One gRPC channel. It may try its dead connection once more before it has noticed the reset."""

    pause = 0.005
    retries = 2
    failure = Client.retry

    def __init__(self, address, port, sources):
        super().__init__(address, port, sources)
        import grpc

        self.grpc = grpc
        host = f"[{address}]" if ":" in address else address
        options = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.min_reconnect_backoff_ms", 100),
                   ("grpc.max_reconnect_backoff_ms", 200)]
        self.channel = grpc.insecure_channel(f"{host}:{port}", options=options)
        self.call = self.channel.unary_unary("/muster.test/Name")

    def ask(self):
        try:
            return self.call(b"", timeout=10, wait_for_ready=self.failed > 0).decode()
        except self.grpc.RpcError as error:
            raise ConnectionError(f"{error.code().name} {error.details()}") from error


if __name__ == "__main__":
    name = sys.argv[1].rstrip("0123456789.")
    kind = {"fresh": Fresh, "pooled": Pooled, "grpc": Channel}[name]
    client = kind(sys.argv[2], int(sys.argv[3]), sys.argv[6].split(",") if len(sys.argv) > 6 else [])
    client.pause = float(sys.argv[1].removeprefix(name) or client.pause)
    client.run(Board(sys.argv[4]), int(sys.argv[5]))
