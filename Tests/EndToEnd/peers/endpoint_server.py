"""A model server for the endpoint's tests: HTTP/1.1 with keep-alive that answers its own name to everything.

    endpoint_server.py ADDRESS PORT NAME

Says `listening`. `GET /slow` is answered when `go` comes on its standard input; `reset` there resets all connections; any other
line is its new name, for connections that are made from then on; it repeats the line. `GET /count` is answered with how many
requests have come but for those of this kind, `GET /open` with how many connections there are, `GET /peer` with whose this one is.
"""

import selectors
import socket
import struct
import sys


class Server:
    """One thread, any number of connections."""

    def __init__(self, address, port, name):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.create_server(
            (address, port), family=family, backlog=4096, dualstack_ipv6=address == "::")
        self.listener.setblocking(False)
        self.name = name.encode()
        #: By connection, the name that it was taken under.
        self.names = {}
        self.waiting = []
        self.count = 0
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ, self.accept)
        self.selector.register(sys.stdin, selectors.EVENT_READ, self.told)

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
            self.names[connection] = self.name
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.selector.register(connection, selectors.EVENT_READ, self.answer)

    def text(self, connection, more=b"", body=None):
        """An answer, with its name unless said."""
        body = body or self.names[connection]
        return b"HTTP/1.1 200 OK\r\n%scontent-length: %d\r\n\r\n%s" % (more, len(body), body)

    def drop(self, connection):
        """Its end."""
        self.selector.unregister(connection)
        del self.names[connection]
        connection.close()

    def answer(self, connection):
        """Answers a request; it is always small enough to come in one piece."""
        try:
            request = connection.recv(65536)
            if request.startswith((b"GET /count ", b"GET /open ", b"GET /peer ")):
                about = {b"c": self.count, b"o": len(self.names), b"p": connection.getpeername()[0].removeprefix("::ffff:")}
                connection.sendall(self.text(connection, body=str(about[request[5:6]]).encode()))
                return
            self.count += bool(request)
            if request.startswith(b"GET /slow"):
                self.waiting.append(connection)
            elif b"connection: close" in request:
                connection.sendall(self.text(connection, b"connection: close\r\n"))
                self.drop(connection)
            elif request:
                connection.sendall(self.text(connection))
            else:
                self.drop(connection)
        except OSError:
            self.drop(connection)

    def told(self, stdin):
        """Answers the slow requests, or takes a name."""
        line = stdin.readline().strip()
        if not line:
            sys.exit()
        if line == "reset":
            for connection in list(self.names):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.drop(connection)
            return
        if line != "go":
            self.name = line.encode()
            print(line, flush=True)
            return
        for connection in (waiting for waiting in self.waiting if waiting in self.names):
            try:
                connection.sendall(self.text(connection))
            except OSError:
                pass
        self.waiting = []


if __name__ == "__main__":
    Server(sys.argv[1], int(sys.argv[2]), sys.argv[3]).run()
