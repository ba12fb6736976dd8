"""A hostile peer: whatever it sends, it gets the right error, and the controller goes on answering everybody else."""

import socket
import ssl
import subprocess
import time
import unittest

import grpc

import raw
from fleet import SERVICE, Controller, PeerAgent, link

SESSION = SERVICE + "Session"
ENROLL = SERVICE + "Enroll"
INVALID_ARGUMENT, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL = 3, 4, 8, 12, 13


def setUpModule():
    """One controller, and one honest session that must stay answered."""
    global controller, honest, villain
    controller = Controller()
    honest = PeerAgent(controller, "honest").session()
    villain = PeerAgent(controller, "villain")


def tearDownModule():
    """And their end."""
    honest.close()
    controller.close()


class Hostile(unittest.TestCase):
    """One attack each."""

    def tearDown(self):
        honest.lease()

    def connect(self):
        """A raw connection with the villain's certificate."""
        connection = raw.RawConnection(
            controller.agents, villain.enrolled.trust_anchors, villain.directory / "chain.pem", villain.directory / "key.pem"
        )
        self.addCleanup(connection.close)
        return connection

    def refused(self, call, *codes):
        """The call must fail with one of these codes; returns its details."""
        with self.assertRaises(grpc.RpcError) as caught:
            call()
        self.assertIn(caught.exception.code(), codes, caught.exception.details())
        return caught.exception.details()

    def enroll_with(self, payload):
        """Bytes as they are, as the request of a unary call."""
        with villain.channel() as channel:
            return channel.unary_unary(ENROLL)(payload, timeout=10)

    def answered(self, block, data=b"", flags=raw.END_STREAM):
        """What a raw call is answered."""
        connection = self.connect()
        connection.send(raw.frame(raw.HEADERS, raw.END_HEADERS, 1, block) + raw.frame(raw.DATA, flags, 1, data))
        return connection.answer(1)

    def test_oversized_message(self):
        details = self.refused(
            lambda: self.enroll_with(link.EnrollRequest(token="x" * (2 << 20)).SerializeToString()),
            grpc.StatusCode.RESOURCE_EXHAUSTED,
        )
        self.assertIn("1048576", details.replace(",", ""))

    def status(self, block, data=b"", flags=raw.END_STREAM):
        """The gRPC status that a raw call is answered, and its message."""
        kind, fields = self.answered(block, data, flags)
        self.assertEqual(kind, "headers", fields)
        return int(fields["grpc-status"]), fields.get("grpc-message", "")

    def test_announced_giant(self):
        status, text = self.status(raw.request(ENROLL), raw.message(b"", length=0xFFFFFFFF), flags=0)
        self.assertEqual(status, RESOURCE_EXHAUSTED, text)

    def test_bad_utf8(self):
        self.refused(lambda: self.enroll_with(b"\x0a\x04\xff\xfe\xfd\xfc"), grpc.StatusCode.INVALID_ARGUMENT)

    def test_not_protobuf(self):
        self.refused(lambda: self.enroll_with(b"\xff" * 64), grpc.StatusCode.INVALID_ARGUMENT)

    def test_compressed_without_agreement(self):
        status, text = self.status(raw.request(ENROLL), b"\x01\0\0\0\x01x")
        self.assertIn(status, (INTERNAL, UNIMPLEMENTED), text)

    def test_half_a_message_then_the_end(self):
        status, text = self.status(raw.request(SESSION), raw.message(b"abc", length=100))
        self.assertIn(status, (INTERNAL, INVALID_ARGUMENT), text)

    def test_half_closed_without_a_message(self):
        status, text = self.status(raw.request(ENROLL))
        self.assertIn(status, (INTERNAL, INVALID_ARGUMENT), text)

    def test_wrong_content_type(self):
        kind, text = self.answered(raw.request(ENROLL, content_type="text/plain"), b"hello")
        self.assertEqual(kind, "headers")
        self.assertEqual(text[":status"], "415")

    def test_deadline_zero(self):
        status, text = self.status(raw.request(SESSION, ("grpc-timeout", "0m")), flags=0)
        self.assertEqual(status, DEADLINE_EXCEEDED, text)

    def test_malformed_deadline(self):
        status, text = self.status(raw.request(ENROLL, ("grpc-timeout", "soon")), raw.message(b""))
        self.assertIn(status, (INTERNAL, INVALID_ARGUMENT), text)

    def test_unknown_method(self):
        with villain.channel() as channel:
            self.refused(
                lambda: channel.unary_unary(SERVICE + "Nothing")(b"", timeout=10), grpc.StatusCode.UNIMPLEMENTED
            )

    def test_lease_before_hello(self):
        with villain.channel() as channel:
            call = channel.stream_stream(SESSION, request_serializer=link.FromAgent.SerializeToString)
            answers = call(iter([link.FromAgent(lease=link.Lease(number=1))]), timeout=10)
            self.refused(
                lambda: list(answers), grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.INVALID_ARGUMENT
            )

    def test_reset_flood(self):
        connection = self.connect()
        block = raw.request(ENROLL)
        for stream in range(1, 40_001, 2):
            pair = raw.frame(raw.HEADERS, raw.END_HEADERS, stream, block)
            pair += raw.frame(raw.RST_STREAM, 0, stream, raw.CANCEL.to_bytes(4, "big"))
            if not connection.send(pair):
                break
        self.assertIn(connection.ending(), (raw.ENHANCE_YOUR_CALM, None))

    def test_ping_flood(self):
        self.flood(raw.frame(raw.PING, 0, 0, b"12345678"))

    def test_settings_flood(self):
        self.flood(raw.frame(raw.SETTINGS, 0, 0))

    def flood(self, bytes_of_one, times=100_000):
        """The connection must be ended by the peer before it has all been swallowed."""
        connection = self.connect()
        connection.socket.settimeout(30)
        swallowed = all(connection.send(bytes_of_one * 100) for _ in range(times // 100))
        code = connection.ending()
        self.assertIn(code, (raw.ENHANCE_YOUR_CALM, None))
        if swallowed:
            self.assertEqual(code, raw.ENHANCE_YOUR_CALM)

    def test_continuation_flood(self):
        connection = self.connect()
        connection.send(raw.frame(raw.HEADERS, 0, 1, raw.request(ENROLL)))
        piece = raw.headers(("x-padding", "y" * 1000))
        end = time.monotonic() + 10
        while connection.send(raw.frame(raw.CONTINUATION, 0, 1, piece)):
            self.assertLess(time.monotonic(), end, "the flood is not cut")

    def test_large_header_list(self):
        kind, seen = self.answered(raw.request(ENROLL, ("x-large", "y" * 8000), ("x-larger", "y" * 8000 + "z" * 300)))
        if kind == "headers":
            self.assertTrue(seen[":status"] == "431" or seen.get("grpc-status") == str(RESOURCE_EXHAUSTED), seen)
        else:
            self.assertIn(kind, ("reset", "goaway"), seen)

    def test_more_streams_than_allowed(self):
        connection = self.connect()
        for stream in range(1, 2 * 17 + 1, 2):
            connection.send(raw.frame(raw.HEADERS, raw.END_HEADERS, stream, raw.request(SESSION)))
        kind, code = connection.answer(33)
        self.assertIn(kind, ("reset", "goaway"))
        self.assertIn(code, (7, 1))

    def test_old_tls(self):
        context = ssl.create_default_context(cadata=villain.enrolled.trust_anchors)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        address, port = controller.agents.split(":")
        with socket.create_connection((address, int(port)), 10) as plain, self.assertRaises(ssl.SSLError):
            context.wrap_socket(plain, server_hostname=address)

    def test_not_tls(self):
        address, port = controller.agents.split(":")
        with socket.create_connection((address, int(port)), 10) as plain:
            plain.settimeout(20)
            plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try:
                while plain.recv(4096):
                    pass
            except ConnectionError:
                pass

    def test_certificate_of_another_authority(self):
        key, chain = villain.directory / "own.key", villain.directory / "own.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
             "1", "-subj", "/CN=own", "-addext",
             f"subjectAltName=URI:spiffe://{villain.enrolled.trust_domain}/host/{villain.enrolled.host_id}",
             "-keyout", key, "-out", chain],
            capture_output=True, check=True,
        )
        credentials = grpc.ssl_channel_credentials(
            villain.enrolled.trust_anchors.encode(), key.read_bytes(), chain.read_bytes()
        )
        with grpc.secure_channel(controller.agents, credentials) as channel:
            self.refused(
                lambda: channel.unary_unary(SERVICE + "Renew")(b"", timeout=5),
                grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.DEADLINE_EXCEEDED,
            )


if __name__ == "__main__":
    unittest.main(verbosity=2)
