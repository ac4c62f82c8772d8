#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Events enriched by another agent: the same as here, each once over a reconnect, none lost when the receiver dies, and
nodes that are never mixed up."""

import contextlib
import socket
import subprocess
import tempfile
import threading

import harness
from harness import JSONL, PROCESS, hello, wait_for

CONTEXT = '[[enrichers]]\ntype = "enrich_context"\n[enrichers.config]\nhold_back = "2s"\n'
UNIFIED = JSONL + 'topics = ["event/", "conn/", "entity/"]\n'


class Cable:
    """A unix socket that passes everything on to another, and that can be cut."""

    def __init__(self, path, to):
        self.path, self.to, self.ends = path, to, []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        self.threads = [threading.Thread(target=self.accept)]
        self.threads[0].start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self.to)
                self.ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    self.threads.append(threading.Thread(target=self.copy, args=(one, other)))
                    self.threads[-1].start()

    @staticmethod
    def copy(one, other):
        with contextlib.suppress(OSError):
            while some := one.recv(65536):
                other.sendall(some)

    def cut(self):
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.ends.clear()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()
        for thread in self.threads:
            thread.join()


class Relay(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("hello", "process", "encode_jsonl", "enrich_context", "relay")
        self.relay = f"{self.run_dir}/relay.sock"

    def forward(self):
        return ('[[encoders]]\ntype = "forward_raw"\n[encoders.config]\n'
                f'endpoint = "unix:{self.relay}"\nflush_interval = "20ms"\nretry_limit = "200ms"\n')

    def receive(self):
        return f'[[collectors]]\ntype = "receive_raw"\n[collectors.config]\nsocket = "{self.relay}"\n'

    def started(self, config, node, **more):
        """An agent with a socket of its own beside those of others."""
        place = tempfile.mkdtemp(prefix=f"{node}-", dir=self.run_dir)
        return self.agent(config, host=f'node_name = "{node}"\n', run_dir=place, **more).ready()

    def etc(self, name):
        """A host of its own, as far as its files say."""
        place = self.dir / f"etc-{name}"
        place.mkdir()
        (place / "machine-id").write_text(name * 32 + "\n")
        (place / "hostname").write_text(f"host-{name}\n")
        return {"HOST_ETC": str(place)}

    @staticmethod
    def firsts(agent):
        """Unified events by identity, amendments aside."""
        return {each["event_id"]: each for each in agent.lines() if each["content_type"] == "sonde.v1.UnifiedEvent"
                and not each["payload"].get("is_amendment")}

    def children(self, count, agents):
        """Processes that come and go; their pids, once all agents have told of their ends."""
        pids = []
        for _ in range(count):
            with subprocess.Popen(["/bin/true"]) as child:
                pids.append(child.pid)
        for agent in agents:
            wait_for(lambda: f"exits:\n{agent.log()[-2000:]}", lambda: set(pids) <= {
                each.get("pid") for each in self.firsts(agent).values() if each["payload"]["type"] == "process.exit"})
        return pids

    def test_events_are_the_same_here_and_there(self):
        central = self.started(self.receive() + CONTEXT + UNIFIED, "central", env=self.etc("c"))
        edge = self.started(PROCESS + hello() + CONTEXT + self.forward() + UNIFIED, "edge", env=self.etc("e"))
        self.children(3, [edge, central])  # by now both have heard of all there is
        pids = self.children(30, [edge, central])
        here, there = self.firsts(edge), self.firsts(central)
        wanted = [each for each, event in here.items() if event.get("pid") in pids]
        self.assertGreaterEqual(len(wanted), 60)
        # Who published it is another, with another node; the event itself is the same to the last member.
        for identity in wanted:
            mine, other = ({key: value for key, value in of[identity].items() if not key.startswith("node_name")}
                           for of in (here, there))
            self.assertEqual(mine, other)
            self.assertEqual(mine["payload"]["context"]["host"]["id"], "e" * 32)
            self.assertTrue(mine["payload"]["entity_key"].startswith("process:" + "e" * 32))
        greeted = {each for each, event in here.items() if event["payload"]["source"] == "hello"}
        wait_for("greetings", lambda: greeted <= set(self.firsts(central)))

    def test_a_receiver_that_is_killed_loses_nothing(self):
        raw = JSONL + 'topics = ["raw/"]\ndelivery = "lossless"\n'
        first = self.started(self.receive() + raw, "central")
        edge = self.started(hello(interval="2ms") + self.forward(), "edge")
        wait_for("events", lambda: len(self.greetings(first)) > 200)
        first.process.kill()
        first.process.wait()
        wait_for("a lost connection", lambda: edge.metric("sonde_forward_raw_connected") == 0)
        second = self.started(self.receive() + raw, "central")
        before = len(self.greetings(second))
        wait_for("further events", lambda: len(self.greetings(second)) > before + 200)
        self.assertGreater(edge.metric("sonde_forward_raw_repeated_requests_total"), 0)
        self.assertEqual(edge.metric("sonde_forward_raw_dropped_events_total"), 0)
        self.assertEqual(edge.stop(), 0)  # with what was under way
        self.assertEqual(second.stop(), 0)
        numbers = sorted({int(each, 16) for each in self.greetings(first) + self.greetings(second)})
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))
        once = self.greetings(second)
        self.assertEqual(len(once), len(set(once)))  # what is repeated has the identity that it had

    @staticmethod
    def greetings(agent):
        return [each["event_id"] for each in agent.lines() if each["source"] == "hello"]

    def test_a_connection_that_breaks_doubles_nothing(self):
        central = self.started(self.receive() + JSONL + 'topics = ["raw/"]\ndelivery = "lossless"\n', "central")
        with Cable(f"{self.run_dir}/cable.sock", self.relay) as cable:
            self.relay = cable.path
            edge = self.started(hello(interval="2ms") + self.forward(), "edge")
            for _ in range(5):
                before = len(self.greetings(central))
                wait_for("further events", lambda: len(self.greetings(central)) > before + 50)
                cable.cut()
            before = len(self.greetings(central))
            wait_for("further events", lambda: len(self.greetings(central)) > before + 50)
            self.assertGreaterEqual(edge.metric("sonde_forward_raw_failures_total"), 5)
            self.assertEqual(edge.stop(), 0)
        self.assertEqual(central.stop(), 0)
        numbers = [int(each, 16) for each in self.greetings(central)]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))

    def test_nodes_are_never_mixed(self):
        central = self.started(self.receive() + CONTEXT + JSONL, "central", env=self.etc("c"))
        agents = [self.started(PROCESS + self.forward(), f"node-{name}", env=self.etc(name)) for name in "ab"]
        for agent in agents:
            wait_for("a connection", lambda: agent.metric("sonde_forward_raw_connected") == 1)
        self.children(3, [central])
        pids = set(self.children(20, [central]))
        lines = central.lines()
        node_of = {each["event_id"]: each["node_name"] for each in lines if each["topic"].startswith("raw/")}
        seen = set()
        for each in lines:
            if each["content_type"] != "sonde.v1.UnifiedEvent" or each.get("pid") not in pids:
                continue
            payload, name = each["payload"], node_of[each["event_id"]][-1]
            self.assertEqual(payload["context"]["host"]["id"], name * 32)
            self.assertTrue(payload["entity_key"].startswith(f"process:{name * 32}/"), payload["entity_key"])
            seen.add((name, each["pid"]))
        self.assertEqual(seen, {(name, pid) for name in "ab" for pid in pids})  # each process, as both hosts tell it

    def test_an_enricher_that_begins_anew_hears_the_state_of_the_senders(self):
        central = self.started(self.receive() + CONTEXT + UNIFIED, "central", env=self.etc("c"))
        edge = self.started(PROCESS + self.forward(), "edge", env=self.etc("e"))

        def knows_the_sender():
            told = central.get("/modules/enrich_context/entities?kind=process").json["entities"]
            return any(each["payload"]["process"]["pid"] == edge.pid for each in told)
        wait_for("the processes of the sender", knows_the_sender)
        self.assertEqual(central.post("/modules/enrich_context/restart").status, 200)
        wait_for("its processes again", knows_the_sender)
        told = central.get("/modules/enrich_context/entities?kind=host").json["entities"]
        self.assertEqual({each["payload"]["host"]["id"] for each in told}, {"c" * 32, "e" * 32})


if __name__ == "__main__":
    harness.main()
