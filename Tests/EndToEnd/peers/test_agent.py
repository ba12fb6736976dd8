"""grpcio as an agent: enrolment, session, lease, assignment, blobs."""

import hashlib
import json
import subprocess
import unittest

import grpc

from fleet import Controller, PeerAgent, link, unary, wait_for

MODEL = """
apiVersion: muster/v1
kind: Model
metadata: {name: pebble}
spec: {owner: peers}
---
apiVersion: muster/v1
kind: Runtime
metadata: {name: plain}
spec:
  driver: process
  command: [serve, "{model.dir}"]
  ports: [http]
  update: recreate
  health: {ready: {http: {port: http, path: /ready}}}
"""
VERSION = """
apiVersion: muster/v1
kind: ModelVersion
metadata: {name: pebble-1}
spec: {model: pebble, version: "1", format: plain}
"""
DEPLOYMENT = """
apiVersion: muster/v1
kind: Deployment
metadata: {name: pebble}
spec:
  content: {model: {name: pebble, version: "1"}, runtime: plain}
  scope: {hosts: "peer=yes", endpoint: {port: 8099, to: http}}
"""


def setUpModule():
    """One controller for all."""
    global controller
    controller = Controller()


def tearDownModule():
    """And its end."""
    controller.close()


class Enrolment(unittest.TestCase):
    """A token for a certificate."""

    def test_certificate_names_the_host(self):
        agent = PeerAgent(controller, "names")
        shown = subprocess.run(
            ["openssl", "x509", "-noout", "-ext", "subjectAltName,extendedKeyUsage", "-in", agent.directory / "chain.pem"],
            capture_output=True, text=True, check=True,
        ).stdout
        self.assertIn(f"spiffe://{agent.enrolled.trust_domain}/host/{agent.enrolled.host_id}", shown)
        self.assertIn("TLS Web Client Authentication", shown)
        self.assertNotIn("TLS Web Server Authentication", shown)

    def test_token_works_once(self):
        agent = PeerAgent(controller, "once")
        other = PeerAgent(controller, "second-to-once")
        with self.assertRaises(grpc.RpcError) as caught:
            other.enroll(agent.token)
        self.assertIn("token", caught.exception.details())
        self.assertIn(
            caught.exception.code(), (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED)
        )

    def test_without_certificate_only_enrolment(self):
        token = controller.token()
        root = controller.authority(token)
        with grpc.secure_channel(controller.agents, grpc.ssl_channel_credentials(root.encode())) as channel:
            with self.assertRaises(grpc.RpcError) as caught:
                unary(channel, "Renew", link.RenewResponse)(link.RenewRequest(), timeout=10)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAUTHENTICATED)

    def test_an_answer_that_nobody_asked_for_is_refused(self):
        with PeerAgent(controller, "unasked").channel() as channel:
            call = channel.stream_unary(
                "/muster.agent.v1.AgentLink/Answer", request_serializer=link.AnswerChunk.SerializeToString,
                response_deserializer=link.AnswerReceived.FromString,
            )
            with self.assertRaises(grpc.RpcError) as caught:
                call(iter([link.AnswerChunk()]), timeout=10)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.CANCELLED)


class Sessions(unittest.TestCase):
    """Hello, lease, assignment."""

    def test_lease_is_answered(self):
        session = PeerAgent(controller, "leases").session()
        self.addCleanup(session.close)
        self.assertGreater(session.welcome.epoch, 0)
        self.assertGreater(session.welcome.lease_interval_ms, 0)
        for number in range(1, 6):
            self.assertEqual(session.lease().lease, number)
        self.assertLessEqual(len(link.Lease(progress=1 << 60, status_sequence=1 << 60, number=1 << 60).SerializeToString()), 64)

    def test_newer_session_displaces_the_older(self):
        agent = PeerAgent(controller, "twice")
        older = agent.session()
        self.addCleanup(older.close)
        older.lease()
        newer = agent.session()
        self.addCleanup(newer.close)
        self.assertEqual(older.next("goodbye").code, link.Goodbye.CODE_DISPLACED)
        newer.lease()

    def test_assignment_and_blob(self):
        agent = PeerAgent(controller, "works", peer="yes")
        session = agent.session()
        self.addCleanup(session.close)
        content = bytes(range(256)) * 1200
        controller.apply(MODEL)
        controller.push("pebble-1", VERSION, {"weights": content})
        controller.apply(DEPLOYMENT)

        assignment = session.next("assignment")
        while not assignment.items:
            assignment = session.next("assignment")
        item = assignment.items[0]
        self.assertEqual(item.name, "pebble")
        self.assertEqual(item.endpoint.port, 8099)
        # First the files, then the move.
        self.assertEqual(item.WhichOneof("order"), "stage")
        canonical = item.revision.canonical
        self.assertEqual(hashlib.sha256(canonical).digest(), item.revision.reference.digest)
        revision = json.loads(canonical)
        self.assertEqual(revision["format"], "muster.revision/1")

        session.send(assignment_ack=link.AssignmentAck(version=assignment.version, stage=link.AssignmentAck.STAGE_RECEIVED))
        session.lease()
        self.blob_is_served(agent, hashlib.sha256(content).hexdigest(), content)
        self.status_is_shown(session, assignment, item)

    def blob_is_served(self, agent, digest, content):
        """Whole, in part, and not at all."""
        self.assertEqual(agent.fetch(digest), ("2 200", content))
        self.assertEqual(agent.fetch(digest, "--range", "1000-1999"), ("2 206", content[1000:2000]))
        self.assertEqual(agent.fetch(digest, "--range", f"{len(content)}-")[0], "2 416")
        self.assertEqual(agent.fetch("0" * 64)[0], "2 404")

    @staticmethod
    def say(session, sequence, assignment, item, state, reason):
        """A status about one item."""
        session.send(
            status=link.Status(
                sequence=sequence, assignment=assignment.version, full=True,
                facts=link.HostFacts(agent_version="peer", user="root", is_root=True, address="127.0.0.1", boot="boot-1"),
                replicas=[
                    link.ReplicaStatus(
                        deployment=item.deployment, name=item.name, item=item.number, goal=item.revision.reference,
                        state=state, since_ms=1, reason=reason,
                    )
                ],
            )
        )
        session.lease()

    def status_is_shown(self, session, assignment, item):
        """A status that the agent sends is what an operator sees."""
        self.say(session, 1, assignment, item, link.TARGET_STATE_STAGED, "everything is here")
        assignment = session.next("assignment")
        item = assignment.items[0]
        self.assertEqual(item.WhichOneof("order"), "converge")
        self.say(session, 2, assignment, item, link.TARGET_STATE_STARTING, "a peer says so")
        wait_for(
            "the peer's words reach the operator",
            lambda: "a peer says so" in controller.muster("get", "deployment", "pebble", "-o", "json"),
        )
        host = controller.muster("describe", "host", "works")
        self.assertIn("root", host)


if __name__ == "__main__":
    unittest.main(verbosity=2)
