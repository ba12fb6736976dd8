"""A model server for the endpoint's tests: HTTP/1.1 with keep-alive that answers its own name to everything.

    endpoint_server.py ADDRESS PORT NAME

Says `listening`. `GET /slow` answers when the next line comes on its standard input.
"""

import selectors
import socket
import sys


class Server:
    """One thread, any number of connections."""

    def __init__(self, address, port, name):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.create_server(
            (address, port), family=family, backlog=4096, dualstack_ipv6=address == "::")
        self.listener.setblocking(False)
        body = name.encode()
        head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n" % len(body)
        self.kept, self.closed = head + b"\r\n" + body, head + b"connection: close\r\n\r\n" + body
        self.waiting = []
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ, self.accept)
        self.selector.register(sys.stdin, selectors.EVENT_READ, self.release)

    def run(self):
        """Serves until it is killed."""
        print("listening", flush=True)
        while True:
            for key, _ in self.selector.select():
                key.data(key.fileobj)

    def accept(self, listener):
        """Takes all that wait."""
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.selector.register(connection, selectors.EVENT_READ, self.answer)

    def answer(self, connection):
        """Answers a request; it is always small enough to come in one piece."""
        try:
            request = connection.recv(65536)
            if request.startswith(b"GET /slow"):
                self.waiting.append(connection)
            elif request:
                connection.sendall(self.closed if b"connection: close" in request else self.kept)
            if not request or b"connection: close" in request:
                self.selector.unregister(connection)
                connection.close()
        except OSError:
            self.selector.unregister(connection)
            connection.close()

    def release(self, stdin):
        """Answers the slow requests."""
        if not stdin.readline():
            self.selector.unregister(stdin)
        for connection in self.waiting:
            try:
                connection.sendall(self.kept)
            except OSError:
                pass
        self.waiting = []


if __name__ == "__main__":
    Server(sys.argv[1], int(sys.argv[2]), sys.argv[3]).run()
