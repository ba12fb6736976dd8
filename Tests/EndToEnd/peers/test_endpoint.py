"""The endpoint's switch with real nftables, in network namespaces: every clause of what it promises."""

import json
import os
import socket
import subprocess
import sys
import time
import unittest

from endpoint_bed import (
    BIN, BLUE, BOX, BRIDGE, ENDPOINT, FAR, FAR6, GREEN, HERE, HOST, HOST6, OTHER_BOX, Bed, missing, run, wait_for)

WHY_NOT = missing()
HELD = """
import socket, struct, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), float(sys.argv[3]), (sys.argv[4], 0))
def ask(path):
    s.sendall(b"GET %s HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n" % path.encode())
def answer():
    head, _, body = s.recv(4096).partition(b"\\r\\n\\r\\n")
    return body.decode() if head else "closed"
print("connected", flush=True)
for line in sys.stdin:
    s.settimeout(0 if line == "look\\n" else float(sys.argv[3]))
    try:
        if line == "send slow\\n":
            ask("/slow")
            print("sent", flush=True)
        elif line in ("wait\\n", "look\\n"):
            print(answer(), flush=True)
        elif line == "leave\\n":
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()
            print("left", flush=True)
            break
        elif line.startswith("/"):
            ask(line.strip())
            print(answer(), flush=True)
        else:
            ask("/")
            print(answer(), flush=True)
    except OSError as error:
        print(type(error).__name__, flush=True)
"""


class Held:
    """A client that holds one connection."""

    def __init__(self, bed, namespace, address, port, timeout=20, source=""):
        self.process = bed.start(namespace, sys.executable, "-c", HELD, address, port, timeout, source)
        assert self.read() == "connected"

    def read(self):
        """Its next line."""
        return self.process.stdout.readline().rstrip("\n")

    def tell(self, line):
        """What it says to a command."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.read()


@unittest.skipIf(WHY_NOT, f"SKIPPED, the endpoint was NOT tested: {WHY_NOT}")
class EndpointTest(unittest.TestCase):
    """One bed for each test."""

    def setUp(self):
        self.bed = Bed()
        self.addCleanup(self.bed.close)

    def everywhere(self, port=ENDPOINT):
        """What clients of every kind are answered: on the host and remote, IPv4 and IPv6."""
        bed = self.bed
        clients = [(bed.host, HOST), (bed.host, "127.0.0.1"), (bed.host, HOST6), (bed.host, "::1"), (bed.far, HOST),
                   (bed.far, HOST6)]
        return {bed.ask(namespace, address, port) for namespace, address in clients}

    def test_every_client_follows_the_switch(self):
        """Open, switch, close, open again, forget."""
        self.bed.serve(BLUE)
        self.bed.serve(GREEN)
        switch = self.bed.agent_switch()
        self.assertEqual(self.everywhere(), {"ConnectionRefusedError"})
        for private in (BLUE, GREEN, GREEN, BLUE):
            switch.tell("open", ENDPOINT, private)
            self.assertEqual(self.everywhere(), {str(private)})
            self.assertEqual(switch.tell("current"), f"{ENDPOINT}={private}")
        switch.tell("open", ENDPOINT + 1, GREEN)
        self.assertEqual(self.everywhere(ENDPOINT + 1), {str(GREEN)})
        self.assertEqual(self.everywhere(), {str(BLUE)})
        for _ in range(2):
            switch.tell("close", ENDPOINT)
        self.assertEqual(self.everywhere(), {"ConnectionRefusedError"})
        self.assertEqual(switch.tell("current"), f"{ENDPOINT}=reject {ENDPOINT + 1}={GREEN}")
        switch.tell("open", ENDPOINT, GREEN)
        self.assertEqual(self.everywhere(), {str(GREEN)})
        for _ in range(2):
            switch.tell("forget", ENDPOINT)
        self.assertEqual(switch.tell("current"), f"{ENDPOINT + 1}={GREEN}")

    def test_each_family_is_answered_as_the_server_binds(self):
        """A redirect stays within its family: who is not served is refused at once, and falls back."""
        bed = self.bed
        bed.serve(BLUE, address="0.0.0.0")
        bed.serve(GREEN)
        switch = bed.agent_switch()

        def answers():
            return [bed.ask(namespace, address, ENDPOINT) for namespace, address in
                    ((bed.far, HOST), (bed.host, "127.0.0.1"), (bed.far, HOST6), (bed.host, "::1"))]

        switch.tell("open", ENDPOINT, BLUE)
        self.assertEqual(answers(), [str(BLUE)] * 2 + ["ConnectionRefusedError"] * 2)
        self.assertEqual(bed.ask(bed.host, "localhost", ENDPOINT), str(BLUE))
        switch.tell("open", ENDPOINT, GREEN)
        self.assertEqual(answers(), [str(GREEN)] * 4)

    def test_calls_to_other_hosts_are_left_alone(self):
        """The same port elsewhere is not ours."""
        self.bed.serve(BLUE)
        self.bed.serve(ENDPOINT, namespace=self.bed.far, name="far")
        switch = self.bed.agent_switch()
        switch.tell("open", ENDPOINT, BLUE)
        self.assertEqual(self.bed.ask(self.bed.host, FAR, ENDPOINT), "far")
        self.assertEqual(self.bed.ask(self.bed.host, FAR6, ENDPOINT), "far")
        switch.tell("close", ENDPOINT)
        self.assertEqual(self.bed.ask(self.bed.host, FAR, ENDPOINT), "far")

    def test_private_ports_are_hidden_from_other_hosts(self):
        """They are reached on the host, for probes, and through the endpoint; others' ports are not touched."""
        self.bed.serve(BLUE)
        self.bed.serve(19001)
        switch = self.bed.agent_switch()
        switch.tell("open", ENDPOINT, BLUE)
        for address in (HOST, HOST6):
            self.assertEqual(self.bed.ask(self.bed.far, address, BLUE), "ConnectionRefusedError")
            self.assertEqual(self.bed.ask(self.bed.far, address, ENDPOINT), str(BLUE))
            self.assertEqual(self.bed.ask(self.bed.host, address, BLUE), str(BLUE))
            self.assertEqual(self.bed.ask(self.bed.far, address, 19001), "19001")

    def test_a_port_with_a_listener_is_refused(self):
        """Not shadowed: the listener goes on, and the message says who it is."""
        self.bed.serve(BLUE)
        other = self.bed.serve(ENDPOINT, address="0.0.0.0", name="other")
        switch = self.bed.agent_switch()
        with self.assertRaises(RuntimeError) as refusal:
            switch.tell("open", ENDPOINT, BLUE)
        for part in (f"endpoint {ENDPOINT} is taken", f"pid {other.pid}", f"0.0.0.0:{ENDPOINT}", "choose another endpoint.port"):
            self.assertIn(part, str(refusal.exception))
        self.assertEqual(self.bed.ask(self.bed.far, HOST, ENDPOINT), "other")
        self.assertEqual(switch.tell("current"), "")

    def test_a_port_is_taken_over_from_a_listener(self):
        """New connections follow the switch at once; those of the listener stay with it whatever the endpoint does, also one
        that the kernel never saw before."""
        bed = self.bed
        other = bed.serve(ENDPOINT, address="0.0.0.0", name="other")
        # Older than the table, and idle.
        idle, local = Held(bed, bed.far, HOST, ENDPOINT), Held(bed, bed.host, "127.0.0.1", ENDPOINT)
        bed.serve(BLUE)
        bed.serve(GREEN)
        switch = bed.agent_switch()
        busy = Held(bed, bed.far, HOST, ENDPOINT)
        self.assertEqual(busy.tell(""), "other")
        switch.tell("adopt", ENDPOINT, BLUE)
        self.assertEqual(self.everywhere(), {str(BLUE)})
        self.assertEqual([held.tell("") for held in (idle, local, busy)], ["other"] * 3)
        switch.tell("open", ENDPOINT, GREEN)
        self.assertEqual(self.everywhere(), {str(GREEN)})
        # Nothing answers: new ones are rejected, for it is not the listener's port any more.
        switch.tell("close", ENDPOINT)
        self.assertEqual(self.everywhere(), {"ConnectionRefusedError"})
        self.assertEqual([held.tell("") for held in (idle, local, busy)], ["other"] * 3)
        switch.end()
        again = bed.agent_switch()
        again.tell("adopt", ENDPOINT, BLUE)
        self.assertEqual(self.everywhere(), {str(BLUE)})
        bed.nft("flush", "ruleset")
        wait_for("the rules are back", lambda: bed.ask(bed.far, HOST, ENDPOINT) == str(BLUE))
        self.assertEqual([held.tell("") for held in (idle, local, busy)], ["other"] * 3)
        again.tell("forget", ENDPOINT)
        self.assertEqual(bed.ask(bed.far, HOST, ENDPOINT), "other")
        self.assertEqual([held.tell("") for held in (idle, local, busy)], ["other"] * 3)
        self.assertIsNone(other.poll())

    def test_private_ports_within_the_ephemeral_range_are_refused(self):
        """Said at the start, with what to do."""
        subprocess.run(self.bed.command(self.bed.host, "sh", "-c", "echo 18500 60999 >/proc/sys/net/ipv4/ip_local_port_range"),
                       check=True)
        said = self.bed.refused_switch()
        for part in ("18000-18999", "18500-60999", "--private-ports"):
            self.assertIn(part, said)
        self.assertTrue(self.bed.refused_switch("12000-12999").startswith("ok"))

    def test_established_connections_stay_and_are_counted_until_cut(self):
        """A switch moves none; a cut ends them all at once, the one that waits for an answer too; a direct one is let be."""
        bed = self.bed
        blue = bed.serve(BLUE)
        bed.serve(GREEN)
        switch = bed.agent_switch()
        switch.tell("open", ENDPOINT, BLUE)
        through = [Held(bed, bed.far, HOST, ENDPOINT), Held(bed, bed.far, HOST6, ENDPOINT),
                   Held(bed, bed.host, "127.0.0.1", ENDPOINT), Held(bed, bed.host, HOST6, ENDPOINT)]
        direct = Held(bed, bed.host, "127.0.0.1", BLUE)
        self.assertEqual(switch.tell("connections", BLUE), "4")
        switch.tell("open", ENDPOINT, GREEN)
        self.assertEqual([client.tell("ask") for client in through], [str(BLUE)] * 4)
        self.assertEqual((switch.tell("connections", BLUE), switch.tell("connections", GREEN)), ("4", "0"))
        with self.assertRaisesRegex(RuntimeError, "what endpoint 8080 leads to"):
            switch.tell("cut", GREEN)

        self.assertEqual(through[0].tell("send slow"), "sent")
        self.assertEqual(switch.tell("cut", BLUE), "4")
        # Its answer is ready now; it must not arrive.
        blue.stdin.write("go\n")
        blue.stdin.flush()
        self.assertEqual(through[0].tell("wait"), "ConnectionResetError")
        for client in through[1:]:
            self.assertIn(client.tell("ask"), ("ConnectionResetError", "BrokenPipeError"))
        self.assertEqual(direct.tell("ask"), str(BLUE))
        self.assertEqual(wait_for("none is left", lambda: switch.tell("connections", BLUE) == "0" and "0"), "0")
        self.assertEqual(self.everywhere(), {str(GREEN)})
        # The port is used again: by then nobody is cut any more.
        switch.tell("open", ENDPOINT, BLUE)
        self.assertEqual(self.everywhere(), {str(BLUE)})

    def test_a_cut_by_rules_alone_lets_no_answer_out(self):
        """Where the kernel cannot end sockets, the rules do."""
        bed = self.bed
        blue = bed.serve(BLUE)
        switch = bed.agent_switch()
        switch.tell("open", ENDPOINT, BLUE)
        asked, idle = Held(bed, bed.far, HOST, ENDPOINT), Held(bed, bed.host, "::1", ENDPOINT)
        self.assertEqual(asked.tell("send slow"), "sent")
        wait_for("the server has it", lambda: switch.tell("connections", BLUE) == "2")
        bed.nft("flush", "map", "inet", "muster", "endpoint")
        bed.nft("add", "element", "inet", "muster", "cut", f"{{ {BLUE} }}")
        blue.stdin.write("go\n")
        blue.stdin.flush()
        # Its next word is answered by a reset; what the server said before never came.
        self.assertIn(asked.tell("ask"), ("ConnectionResetError", "BrokenPipeError"))
        self.assertIn(idle.tell("ask"), ("ConnectionResetError", "BrokenPipeError"))

    def test_a_containers_own_address_is_led_to(self):
        """Clients of every kind; a port of one number in both; nobody past the endpoint, and nobody to 127.0.0.1 by the bridge."""
        bed = self.bed
        box, other = bed.boxes()
        bed.serve(80, namespace=box, name="blue")
        bed.serve(80, namespace=other, name="green")
        bed.serve(9999, address="127.0.0.1", name="secret")
        switch = bed.agent_switch()
        blue, green = f"{BLUE}@{BOX}:80", f"{GREEN}@{OTHER_BOX}:80"
        clients = [(bed.host, HOST), (bed.host, "127.0.0.1"), (bed.host, BRIDGE), (bed.far, HOST), (box, HOST), (other, BRIDGE)]

        def answers(port=ENDPOINT):
            return {bed.ask(namespace, address, port) for namespace, address in clients}

        self.assertEqual(bed.ask(bed.far, BOX, 80), "blue")
        for target, name, private in ((blue, "blue", BLUE), (green, "green", GREEN), (blue, "blue", BLUE)):
            switch.tell("open", ENDPOINT, target)
            self.assertEqual(answers(), {name})
            self.assertEqual((switch.tell("current"), switch.tell("connections", target)), (f"{ENDPOINT}={private}", "0"))
        self.assertEqual(bed.ask(bed.far, HOST6, ENDPOINT), "ConnectionRefusedError")
        # Beside one of the host's own.
        bed.serve(18003)
        switch.tell("open", ENDPOINT + 1, 18003)
        self.assertEqual((answers(), answers(ENDPOINT + 1)), ({"blue"}, {"18003"}))
        self.assertEqual(bed.ask(bed.far, BOX, 80), "ConnectionRefusedError")
        self.assertEqual((bed.ask(bed.host, BOX, 80), bed.ask(other, BOX, 80)), ("blue", "blue"))
        # A container that sends its own packets for 127.0.0.1 out to the host.
        run("ip", "-n", other, "address", "flush", "dev", "lo")
        run(*bed.command(other, "sysctl", "-q", "-w", "net.ipv4.conf.eth0.route_localnet=1"))
        run("ip", "-n", other, "route", "add", "127.0.0.1/32", "via", BRIDGE, "dev", "eth0", "src", OTHER_BOX)
        self.assertEqual(bed.ask(other, "127.0.0.1", 9999, timeout=1), "TimeoutError")
        self.assertEqual(bed.ask(bed.host, "127.0.0.1", 9999), "secret")
        # As many hosts' own rules do, these follow connections whether or not ours are there.
        bed.nft("add", "table", "ip", "others")
        bed.nft("add", "chain", "ip", "others", "input", "{ type filter hook input priority 10; }")
        bed.nft("add", "rule", "ip", "others", "input", "ct", "state", "established", "accept")
        # What is restored is the same, to the last rule.
        before = bed.nft("list", "table", "inet", "muster")
        switch.end()
        bed.nft("delete", "table", "inet", "muster")
        # What came while nothing kept it out is not let go on.
        guest = Held(bed, other, "127.0.0.1", 9999, timeout=1)
        self.assertEqual(guest.tell("ask"), "secret")
        switch = bed.agent_switch()
        self.assertEqual(guest.tell("ask"), "TimeoutError")
        self.assertEqual(sorted(bed.nft("list", "table", "inet", "muster").split()), sorted(before.split()))
        self.assertEqual(answers(), {"blue"})
        for verb in ("close", "forget"):
            switch.tell(verb, ENDPOINT)
            self.assertEqual(answers(), {"ConnectionRefusedError"})
        self.assertNotIn(BOX, bed.nft("list", "table", "inet", "muster"))

    def test_a_containers_connections_stay_and_are_counted_until_cut(self):
        """They have no socket on the host: the kernel's table of connections counts them, and rules cut them both ways."""
        bed = self.bed
        box, other = bed.boxes()
        bed.bridge_plainly()
        server = bed.serve(80, namespace=box, name="blue")
        bed.serve(80, namespace=other, name="green")
        switch = bed.agent_switch()
        blue, green = f"{BLUE}@{BOX}:80", f"{GREEN}@{OTHER_BOX}:80"
        switch.tell("open", ENDPOINT, blue)
        clients = [(bed.far, HOST), (bed.host, "127.0.0.1"), (bed.host, HOST), (other, HOST)]
        idle = [Held(bed, *client, ENDPOINT) for client in clients]
        waiting = [Held(bed, *client, ENDPOINT) for client in clients]
        # Past the endpoint: from this host, and from another network of containers.
        bed.part(box, other)
        direct = [Held(bed, bed.host, BOX, 80), Held(bed, other, BOX, 80)]
        self.assertEqual(switch.tell("connections", blue), "8")
        switch.tell("open", ENDPOINT, green)
        self.assertEqual([client.tell("ask") for client in idle + waiting], ["blue"] * 8)
        self.assertEqual((switch.tell("connections", blue), switch.tell("connections", green)), ("8", "0"))
        with self.assertRaisesRegex(RuntimeError, "what endpoint 8080 leads to"):
            switch.tell("cut", green)
        self.assertEqual([client.tell("send slow") for client in waiting], ["sent"] * 4)
        asked = direct[0].tell("/count")
        self.assertEqual(switch.tell("cut", blue), "8")
        # Their answers are ready now; none may arrive, and the server is told.
        server.stdin.write("go\n")
        server.stdin.flush()
        left = str(len(idle + direct))
        wait_for("the server's answers are turned back", lambda: direct[0].tell("/open") == left)
        self.assertEqual([client.tell("look") for client in waiting], ["BlockingIOError"] * 4)
        for client in waiting + idle:
            self.assertIn(client.tell("ask"), ("ConnectionResetError", "BrokenPipeError"))
        # What they asked has not arrived either.
        self.assertEqual([client.tell("/count") for client in direct], [asked] * 2)
        self.assertEqual(switch.tell("connections", blue), "0")
        self.assertEqual(bed.ask(bed.far, HOST, ENDPOINT), "green")
        # Another container gets the address: it is not cut.
        switch.tell("open", ENDPOINT, f"18005@{BOX}:80")
        self.assertEqual({bed.ask(bed.far, HOST, ENDPOINT), bed.ask(bed.host, "127.0.0.1", ENDPOINT)}, {"blue"})

    def test_a_cut_lets_resets_through(self):
        """Those that either end of a container's connection sends: nobody waits for a peer that has gone."""
        bed = self.bed
        box, other = bed.boxes()
        bed.bridge_plainly()
        server = bed.serve(80, namespace=box, name="blue")
        switch = bed.agent_switch()
        blue = f"{BLUE}@{BOX}:80"
        switch.tell("open", ENDPOINT, blue)
        clients = [(bed.far, HOST), (bed.host, "127.0.0.1"), (bed.host, HOST), (other, HOST)]
        leaving = [Held(bed, *client, ENDPOINT) for client in clients]
        staying = [Held(bed, *client, ENDPOINT) for client in clients]
        direct = Held(bed, bed.host, BOX, 80)
        switch.tell("close", ENDPOINT)
        self.assertEqual((switch.tell("cut", blue), direct.tell("/open")), ("8", "9"))
        self.assertEqual([client.tell("leave") for client in leaving], ["left"] * 4)
        wait_for("the server is told", lambda: direct.tell("/open") == "5")
        server.stdin.write("reset\n")
        server.stdin.flush()
        self.assertEqual([client.tell("wait") for client in staying], ["ConnectionResetError"] * 4)

    def test_clients_keep_their_addresses_where_they_can(self):
        """A container's server sees the bridge's only where it could not answer the client; what others lead is let be."""
        bed = self.bed
        box, other = bed.boxes()
        bed.serve(80, namespace=box, name="blue")
        bed.serve(18003)
        for port in (ENDPOINT, 9000):
            bed.serve(port, namespace=bed.far, name="far")
        bed.part(box, other)
        switch = bed.agent_switch()
        switch.tell("open", ENDPOINT, f"{BLUE}@{BOX}:80")
        switch.tell("open", ENDPOINT + 1, 18003)
        bed.nft("add", "table", "ip", "others")
        bed.nft("add", "chain", "ip", "others", "led", "{ type nat hook prerouting priority -100; }")
        bed.nft("add", "rule", "ip", "others", "led", "ip", "daddr", HOST, "tcp", "dport", "9000", "dnat", "to", FAR)
        for namespace, address, port, name, seen in (
                (bed.far, HOST, ENDPOINT, "blue", FAR), (bed.host, HOST, ENDPOINT, "blue", HOST),
                (bed.host, "127.0.0.1", ENDPOINT, "blue", BRIDGE), (other, HOST, ENDPOINT, "blue", BRIDGE),
                (bed.host, "127.0.0.1", ENDPOINT + 1, "18003", "127.0.0.2"), (other, HOST, 9000, "far", OTHER_BOX),
                # The same port of another host.
                (bed.host, FAR, ENDPOINT, "far", HOST), (other, FAR, ENDPOINT, "far", OTHER_BOX),
                # Past the endpoint.
                (bed.host, BOX, 80, "blue", BRIDGE), (other, BOX, 80, "blue", OTHER_BOX)):
            with self.subTest(f"{namespace} to {address}:{port}"):
                client = Held(bed, namespace, address, port, source="127.0.0.2" if seen == "127.0.0.2" else "")
                self.assertEqual((client.tell("ask"), client.tell("/peer")), (name, seen))

    def test_a_container_that_cannot_be_led_to_is_refused(self):
        """Nothing is opened, and what led elsewhere goes on."""
        bed = self.bed
        box, _ = bed.boxes()
        bed.serve(80, namespace=box, name="blue")
        switch = bed.agent_switch()
        switch.tell("open", ENDPOINT, f"{BLUE}@{BOX}:80")
        with self.assertRaisesRegex(RuntimeError, "10.99.0.2 is on no network of this host.*network: host"):
            switch.tell("open", ENDPOINT, f"{GREEN}@10.99.0.2:80")
        run(*bed.command(bed.host, "sysctl", "-q", "-w", "net.ipv4.ip_forward=0"))
        with self.assertRaisesRegex(RuntimeError, "forwards no IPv4 packets.*sysctl -w"):
            switch.tell("open", ENDPOINT, f"{GREEN}@{BOX}:80")
        self.assertEqual(switch.tell("current"), f"{ENDPOINT}={BLUE}")

    def test_lost_rules_are_back_within_two_seconds(self):
        """A reload of Debian's firewall, and smaller damage; each is reported, and nothing of others is touched."""
        self.bed.serve(BLUE)
        switch = self.bed.agent_switch()
        switch.tell("open", ENDPOINT, BLUE)
        switch.tell("close", ENDPOINT + 1)
        whole = self.bed.nft("list", "table", "inet", "muster")
        reload = self.bed.work / "nftables.conf"
        reload.write_text("flush ruleset\ntable inet filter { chain input { type filter hook input priority 0; policy accept; }; }\n")
        damages = [
            ("-f", reload), ("flush", "table", "inet", "muster"), ("flush", "chain", "inet", "muster", "output"),
            ("delete", "element", "inet", "muster", "endpoint", f"{{ {ENDPOINT} }}"), ("flush", "set", "inet", "muster", "closed"),
            ("add", "element", "inet", "muster", "endpoint", "{ 9999 : 22 }"),
        ]
        for number, damage in enumerate(damages, 1):
            with self.subTest(" ".join(map(str, damage))):
                self.bed.nft(*damage)
                self.assertNotEqual(self.bed.nft("list", "ruleset"), whole)
                began = time.monotonic()
                wait_for("it is whole", lambda: self.bed.nft("list", "tables").count("muster")
                         and self.bed.nft("list", "table", "inet", "muster") == whole, 5)
                self.assertLess(time.monotonic() - began, 2)
                self.assertEqual(self.everywhere(), {str(BLUE)})
                wait_for("it is reported", lambda: switch.said().count("taken away or changed") == number)
        self.assertIn("table inet filter", self.bed.nft("list", "tables"))

    def test_it_holds_while_the_agent_is_down(self):
        """The next agent takes the table up as it is."""
        self.bed.serve(BLUE)
        switch = self.bed.agent_switch()
        switch.tell("open", ENDPOINT, BLUE)
        switch.tell("close", ENDPOINT + 1)
        before = switch.tell("current")
        switch.end()
        self.assertEqual(self.everywhere(), {str(BLUE)})
        switch = self.bed.agent_switch()
        self.assertEqual(switch.tell("current"), before)
        self.assertEqual(self.everywhere(), {str(BLUE)})
        # Lost while no agent ran: the file has it, in the same boot.
        switch.end()
        self.bed.nft("flush", "ruleset")
        self.assertEqual(self.bed.agent_switch().tell("current"), before)
        self.assertEqual(self.everywhere(), {str(BLUE)})

    def test_after_a_boot_every_endpoint_rejects(self):
        """Until the agent fills it with what answers."""
        self.bed.serve(BLUE)
        switch = self.bed.agent_switch()
        switch.tell("open", ENDPOINT, BLUE)
        switch.end()
        self.bed.nft("flush", "ruleset")
        file = self.bed.work / "endpoints"
        content = json.loads(file.read_text(encoding="utf-8"))
        content["boot"] = "another"
        file.write_text(json.dumps(content), encoding="utf-8")
        switch = self.bed.agent_switch()
        self.assertEqual(switch.tell("current"), f"{ENDPOINT}=reject")
        self.assertEqual(self.everywhere(), {"ConnectionRefusedError"})
        switch.tell("open", ENDPOINT, BLUE)
        self.assertEqual(self.everywhere(), {str(BLUE)})

    def test_after_a_boot_a_port_that_was_taken_over_rejects_too(self):
        """The older server comes back with the host, and does not serve behind anybody's back."""
        self.bed.serve(BLUE)
        self.bed.serve(ENDPOINT, name="other")
        switch = self.bed.agent_switch()
        switch.tell("adopt", ENDPOINT, BLUE)
        switch.end()
        self.bed.nft("flush", "ruleset")
        self.assertEqual(self.everywhere(), {"other"})
        file = self.bed.work / "endpoints"
        content = json.loads(file.read_text(encoding="utf-8"))
        content["boot"] = "another"
        file.write_text(json.dumps(content), encoding="utf-8")
        switch = self.bed.agent_switch()
        self.assertEqual(switch.tell("current"), f"{ENDPOINT}=reject")
        self.assertEqual(self.everywhere(), {"ConnectionRefusedError"})
        switch.tell("adopt", ENDPOINT, BLUE)
        self.assertEqual(self.everywhere(), {str(BLUE)})

    def test_the_plain_script_restores_what_a_reload_took(self):
        """Without a running agent: in the same boot as it was, after another rejecting; what is there is left alone."""
        self.bed.serve(BLUE)
        data = self.bed.work

        def script(action):
            return run(*self.bed.command(self.bed.host, "env", f"MUSTER_AGENT={BIN / 'muster-agent'}",
                                         f"MUSTER_AGENT_DATA={data}", HERE.parents[2] / "Deploy/scripts/endpoint", action))

        self.assertIn("no endpoint to restore", script("start"))
        switch = self.bed.agent_switch()
        switch.tell("open", ENDPOINT, BLUE)
        switch.tell("close", ENDPOINT + 1)
        switch.end()
        self.assertIn("nothing was changed", script("reload"))
        self.bed.nft("flush", "ruleset")
        self.assertEqual(self.everywhere(), {"ConnectionRefusedError"})
        self.assertIn("1 as they were, 1 rejecting", script("reload"))
        self.assertEqual(self.everywhere(), {str(BLUE)})

        self.bed.nft("flush", "ruleset")
        file = data / "endpoints"
        content = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(json.dumps({**content, "boot": "another"}), encoding="utf-8")
        self.assertIn("0 as they were, 2 rejecting", script("start"))
        # Not even what listens on the public port by now.
        self.bed.serve(ENDPOINT, name="stranger")
        self.assertEqual(self.everywhere(), {"ConnectionRefusedError"})
        self.assertIn("closed", script("status"))
        self.assertIn("removed", script("remove"))
        self.assertEqual(self.everywhere(), {"stranger"})

    def test_root_is_not_needed_but_the_capability_is(self):
        """Another user with CAP_NET_ADMIN switches; without it the reason is said."""
        os.chmod(self.bed.work, 0o777)
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        said = self.bed.refused_switch(prefix=nobody)
        self.assertTrue(said.startswith("error"), said)
        self.assertIn("CAP_NET_ADMIN", said)
        self.bed.serve(BLUE)
        switch = self.bed.agent_switch(prefix=[*nobody, "--inh-caps=+net_admin", "--ambient-caps=+net_admin"])
        switch.tell("open", ENDPOINT, BLUE)
        self.assertEqual(self.everywhere(), {str(BLUE)})

    def check(self, *arguments):
        """What `muster-agent check` finds in the host's namespace, by name; and its exit code."""
        done = subprocess.run(
            self.bed.command(self.bed.host, BIN / "muster-agent", "check", "--data", self.bed.work / "agent", "-o", "json",
                             *arguments),
            capture_output=True, text=True, check=False, timeout=30)
        findings = {finding["name"]: finding for finding in json.loads(done.stdout)["findings"]}
        # A host that is not enrolled is never fit: apart from that.
        self.assertEqual((findings["enrolment"]["state"], done.returncode), ("problem", 1))
        others = [finding for name, finding in findings.items() if name != "enrolment"]
        return findings, int(any(finding["state"] == "problem" for finding in others))

    def test_a_firewall_that_drops_by_default_gets_its_one_rule_printed(self):
        """The printed rule is enough, and is seen."""
        bed = self.bed
        bed.serve(BLUE)
        switch = bed.agent_switch()
        switch.tell("open", ENDPOINT, BLUE)
        self.assertEqual(bed.ask(bed.far, HOST, ENDPOINT), str(BLUE))
        findings, status = self.check("--port", str(ENDPOINT))
        self.assertEqual((findings["firewall"]["state"], findings[f"port {ENDPOINT}"]["state"], status), ("ok", "ok", 0))
        for name in ("user", "private ports", "conntrack", "replicas", "resources", "disk", "endpoint", "shim"):
            self.assertIn(name, findings)

        bed.nft("add", "table", "inet", "filter")
        bed.nft("add", "chain", "inet", "filter", "input", "{ type filter hook input priority 0; policy drop; }")
        bed.nft("add", "rule", "inet", "filter", "input", "tcp", "dport", str(ENDPOINT), "accept")
        bed.nft("add", "rule", "inet", "filter", "input", "meta", "l4proto", "ipv6-icmp", "accept")
        self.assertEqual(bed.ask(bed.far, HOST, ENDPOINT, timeout=0.5), "TimeoutError")
        findings, status = self.check("--port", str(ENDPOINT))
        self.assertEqual((findings["firewall"]["state"], status), ("problem", 1))
        rule = findings["firewall"]["next"].partition(": nft ")[2]
        bed.nft(*rule.split(" "))
        # The other direction's packets come in too.
        bed.nft("add", "rule", "inet", "filter", "input", "ct", "state", "established", "accept")
        self.assertEqual(bed.ask(bed.far, HOST, ENDPOINT), str(BLUE))
        self.assertEqual(bed.ask(bed.far, HOST6, ENDPOINT), str(BLUE))
        findings, status = self.check("--port", str(ENDPOINT))
        self.assertEqual((findings["firewall"]["state"], status), ("ok", 0))

    def test_check_names_what_listens_on_a_planned_port(self):
        """And the private ports that overlap."""
        other = self.bed.serve(ENDPOINT, name="other")
        findings, status = self.check("--port", str(ENDPOINT), "--private-ports", "40000-40999")
        self.assertIn(f"(pid {other.pid})", findings[f"port {ENDPOINT}"]["text"])
        self.assertEqual(findings["private ports"]["state"], "problem")
        self.assertEqual(status, 1)

    def test_one_agent_for_each_network_namespace(self):
        """Two would take out what the other put in; the claim ends with its process, and is not the neighbour's."""
        switch = self.bed.agent_switch()
        said = self.bed.refused_switch()
        self.assertIn("another muster-agent switches the endpoints", said)
        self.assertIn("--endpoint off", said)
        self.bed.agent_switch(namespace=self.bed.far)
        switch.end()
        self.bed.agent_switch()

    def test_a_table_of_another_make_is_replaced(self):
        """An older or a broken one of our name does not stand in the way."""
        self.bed.nft("add", "table", "inet", "muster")
        self.bed.nft("add", "map", "inet", "muster", "endpoint", "{ type inet_service : verdict; }")
        self.bed.serve(BLUE)
        switch = self.bed.agent_switch()
        switch.tell("open", ENDPOINT, BLUE)
        self.assertEqual(self.everywhere(), {str(BLUE)})


if __name__ == "__main__":
    unittest.main()
