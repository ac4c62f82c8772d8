#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The ebpf collector in a running agent: what it tells of real processes and connections, and what is left of it after
its end. Other tests run beside this one, so that only its own ports and files are looked at."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading

import harness
from harness import JSONL, sonde, wait_for

EBPF = '[[collectors]]\ntype = "ebpf"\n[collectors.config]\nconnection_interval = "1s"\nring_size = "32MiB"\n'


def exchange(listener, count):
    """Connections that send 3 bytes and get 5."""
    def serve():
        for _ in range(count):
            with listener.accept()[0] as one:
                one.recv(3)
                one.sendall(b"12345")
    server = threading.Thread(target=serve)
    server.start()
    for _ in range(count):
        with socket.create_connection(listener.getsockname()[:2]) as one:
            one.sendall(b"123")
            while one.recv(5):
                pass
    server.join(30)


def kernel_objects():
    """How many of our programs the kernel holds."""
    shown = subprocess.run(["bpftool", "-j", "prog", "show"], capture_output=True, text=True, check=True).stdout
    return sum(1 for each in json.loads(shown) if each.get("name", "").startswith(("tcp_state", "process_exec")))


class Ebpf(harness.Case):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("kernel programs need root")
        self.take("ebpf", "encode_jsonl")

    def observing(self):
        agent = self.agent(EBPF + JSONL).ready()
        wait_for("the kernel programs", lambda: '"hooks"' in agent.get("/modules/ebpf/features").text)
        hooks = agent.get("/modules/ebpf/features").json["hooks"]
        states = next(each for each in hooks if each["hook"] == "tcp_states")
        if not states["program"]:
            self.skipTest(f"the kernel does not take the programs: {states['refused'][-1]['reason']}")
        return agent

    def test_every_connection_is_told_once_from_each_end_with_its_bytes(self):
        agent = self.observing()
        with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
            port = listener.getsockname()[1]
            exchange(listener, 100)

            def told():
                found = [each["payload"]["connection"] for each in agent.lines()
                         if each["topic"] == "raw/ebpf/connection/" and each["payload"]["kind"] == "closed"]
                found = [each for each in found if port in (each["local_port"], each["peer_port"])]
                return found if len(found) >= 200 else None
            ends = wait_for("200 closed ends", told)
        self.assertEqual(len(ends), 200)
        for end in ends:
            sent, received = (3, 5) if end["role"] == "client" else (5, 3)
            self.assertEqual((end["total"]["sent_bytes"], end["total"]["received_bytes"]), (sent, received))
            self.assertEqual(end["pid"], os.getpid())
            self.assertEqual(end["local_address"], "127.0.0.1")
            self.assertTrue(end["intra_host"])
            self.assertEqual(end["peer"]["pid"], os.getpid())

    def test_addresses_and_ports_are_those_that_ss_shows(self):
        agent = self.observing()
        agent.get("/modules/ebpf/register?client_id=ss")
        with contextlib.ExitStack() as held:
            ports = set()
            for address, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
                listener = held.enter_context(socket.create_server((address, 0), family=family))
                ports.add(listener.getsockname()[1])
                for _ in range(3):
                    near = held.enter_context(socket.create_connection((address, listener.getsockname()[1])))
                    far = held.enter_context(listener.accept()[0])
                    near.sendall(b"x")
                    far.recv(1)
            shown = subprocess.run(["ss", "-tnH", "state", "established"], capture_output=True, text=True, check=True).stdout
            expected = set()
            for line in shown.splitlines():
                ends = [each.rpartition(":") for each in line.split()[2:4]]
                if ports & {int(port) for _, _, port in ends}:
                    expected.add(tuple((address.strip("[]"), int(port)) for address, _, port in ends))
            self.assertEqual(len(expected), 12, shown)
            found = {}

            def told():
                for each in agent.get("/modules/ebpf/connections?client_id=ss").json["connections"]:
                    if ports & {each["local_port"], each["peer_port"]}:
                        ends = tuple((each[f"{end}_address"], each[f"{end}_port"]) for end in ("local", "peer"))
                        found[ends] = each["role"]
                return len(found) >= len(expected)
            wait_for(lambda: f"both ends of six connections: {found}", told)
        self.assertEqual(set(found), expected)
        self.assertEqual({role: [ends[role == "client"][1] in ports for ends in found if found[ends] == role]
                          for role in ("client", "server")}, {"client": [True] * 6, "server": [True] * 6})

    def test_each_client_gets_its_own_delta(self):
        agent = self.observing()
        agent.get("/modules/ebpf/register?client_id=one")
        agent.get("/modules/ebpf/register?client_id=two")

        def moved(client, port):
            rows = agent.get(f"/modules/ebpf/connections?client_id={client}").json["connections"]
            return sum(each["delta"].get("sent_bytes", 0) for each in rows if each.get("peer_port") == port)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            with socket.create_connection(("127.0.0.1", port)) as near, listener.accept()[0] as far:
                near.sendall(b"x" * 1000)
                far.recv(1000)
                self.assertEqual(moved("one", port), 1000)
                near.sendall(b"x" * 500)
                far.recv(500)
                self.assertEqual(moved("one", port), 500)
                self.assertEqual(moved("two", port), 1500)
                self.assertEqual(moved("two", port), 0)

    def test_features_shows_each_hook_and_how_it_is_attached(self):
        agent = self.observing()
        shown = sonde("features", "--socket", agent.socket)
        self.assertIn("tcp_states", shown.stdout)
        self.assertIn("tp_btf", shown.stdout)
        hooks = json.loads(sonde("features", "--json", "--socket", agent.socket).stdout)["hooks"]
        self.assertEqual(shown.returncode, 0 if all(each["program"] for each in hooks) else 1)
        unknown = sonde("features", "elsewhere", "--socket", agent.socket)
        self.assertEqual(unknown.returncode, 1)
        self.assertIn("elsewhere", unknown.stderr)

    def test_nothing_stays_in_the_kernel_after_a_kill(self):
        before = kernel_objects()
        agent = self.observing()
        self.assertGreater(kernel_objects(), 0)
        agent.process.send_signal(signal.SIGKILL)
        agent.process.wait(10)
        # Others may run an agent of their own meanwhile; ours is gone when there are no more than before.
        wait_for("the kernel to let go", lambda: kernel_objects() <= before)


if __name__ == "__main__":
    harness.main()
