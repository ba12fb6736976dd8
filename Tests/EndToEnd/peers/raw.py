"""HTTP/2 by hand (RFC 9113), for what no honest library sends. Headers are written as literals without indexing."""

import socket
import ssl
import struct

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS, ACK = 0x1, 0x4, 0x1
CANCEL, ENHANCE_YOUR_CALM = 8, 11


def frame(kind, flags, stream, payload=b""):
    """One frame."""
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def integer(value, bits):
    """An HPACK integer (RFC 7541 §5.1) with the prefix's other bits 0."""
    limit = (1 << bits) - 1
    if value < limit:
        return bytes([value])
    out = bytearray([limit])
    value -= limit
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    out.append(value)
    return bytes(out)


def headers(*pairs):
    """A header block of literals."""
    block = b""
    for name, value in pairs:
        block += b"\0" + integer(len(name), 7) + name.encode() + integer(len(value), 7) + value.encode()
    return block


def request(path, *more, content_type="application/grpc"):
    """The header block of a gRPC call."""
    return headers(
        (":method", "POST"), (":scheme", "https"), (":path", path), (":authority", "127.0.0.1"),
        ("content-type", content_type), ("te", "trailers"), *more,
    )


def message(payload, length=None):
    """A gRPC message (its length may be a lie)."""
    return b"\0" + struct.pack(">I", len(payload) if length is None else length) + payload


class RawConnection:
    """A TLS connection that sends frames as they are given."""

    def __init__(self, place, root, chain=None, key=None):
        context = ssl.create_default_context(cadata=root)
        context.set_alpn_protocols(["h2"])
        if chain:
            context.load_cert_chain(chain, key)
        address, port = place.split(":")
        self.socket = context.wrap_socket(socket.create_connection((address, int(port)), 10), server_hostname=address)
        self.socket.settimeout(15)
        self.buffer = b""
        self.send(PREFACE + frame(SETTINGS, 0, 0))

    def send(self, data):
        """Sends bytes; False when the peer has closed."""
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def frames(self):
        """What arrives, as (kind, flags, stream, payload), until the peer closes."""
        while True:
            while len(self.buffer) < 9 or len(self.buffer) < 9 + int.from_bytes(self.buffer[:3], "big"):
                try:
                    data = self.socket.recv(65536)
                except (ConnectionError, ssl.SSLError):
                    return
                if not data:
                    return
                self.buffer += data
            length = int.from_bytes(self.buffer[:3], "big")
            kind, flags = self.buffer[3], self.buffer[4]
            stream = int.from_bytes(self.buffer[5:9], "big") & 0x7FFFFFFF
            payload, self.buffer = self.buffer[9:9 + length], self.buffer[9 + length:]
            if kind == SETTINGS and not flags & ACK:
                self.send(frame(SETTINGS, ACK, 0))
            yield kind, flags, stream, payload

    def ending(self):
        """The error code of the GOAWAY that ends this connection; None when it is cut without one."""
        code = None
        for kind, _, _, payload in self.frames():
            if kind == GOAWAY:
                code = int.from_bytes(payload[4:8], "big")
                if code != 0:
                    break
        return code

    def answer(self, stream):
        """How a stream ended: ("headers", all its fields) or ("reset", code) or ("goaway", code) or ("closed", fields)."""
        decoder, fields, block = hpack.Decoder(), {}, b""
        for kind, flags, number, payload in self.frames():
            if kind == GOAWAY and int.from_bytes(payload[4:8], "big") != 0:
                return "goaway", int.from_bytes(payload[4:8], "big")
            if kind in (HEADERS, CONTINUATION):
                block += payload
                if flags & END_HEADERS:
                    # Every block goes through the decoder, whosever it is: they share one table.
                    seen, block = dict(decoder.decode(block)), b""
                    if number == stream:
                        fields.update(seen)
            if number != stream:
                continue
            if kind == RST_STREAM:
                # A complete answer may be followed by a reset with NO_ERROR (RFC 9113 §8.1).
                return ("headers", fields) if fields else ("reset", int.from_bytes(payload, "big"))
            if flags & END_STREAM and kind in (HEADERS, DATA):
                return "headers", fields
        return "closed", fields

    def close(self):
        """Closes without ceremony."""
        self.socket.close()
