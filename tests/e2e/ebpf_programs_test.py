#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The ebpf collector and programs as they are in use: their bytes and processes, over a pair of network namespaces."""

import json
import os
import subprocess

import containers
import harness
from containers import missing, until_listening
from harness import JSONL, wait_for

EBPF = '[[collectors]]\ntype = "ebpf"\n[collectors.config]\nconnection_interval = "1s"\n'
PORT = 20090  # in network namespaces of these tests only
PYTHON_CLIENT = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as line:
    line.sendall(bytes(1000)); line.shutdown(socket.SHUT_WR)
    assert len(b"".join(iter(lambda: line.recv(4096), b""))) == 500
"""
SERVER = """
import socket, sys
with socket.create_server((sys.argv[1], int(sys.argv[2]))) as listener:
    while True:
        with listener.accept()[0] as line:
            while line.recv(4096): pass
            line.sendall(bytes(500))
"""
# Answers one request as Prometheus would, and says how many bytes it got and gave.
WEB_SERVER = """
import socket, sys
answer = b'{"status":"success","data":{"resultType":"vector","result":[]}}'
with socket.create_server((sys.argv[1], int(sys.argv[2]))) as listener:
    with listener.accept()[0] as line:
        got = b""
        while b"\\r\\n\\r\\n" not in got:
            got += line.recv(4096)
        head, _, body = got.partition(b"\\r\\n\\r\\n")
        length = [each.partition(b":")[2] for each in head.lower().split(b"\\r\\n") if each.startswith(b"content-length:")]
        while len(body) < int(length[0] if length else 0):
            body += line.recv(4096)
        told = (b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nConnection: close\\r\\n"
                b"Content-Length: %d\\r\\n\\r\\n" % len(answer)) + answer
        line.sendall(told)
        line.shutdown(socket.SHUT_WR)
        line.recv(1)
        print(len(head) + 4 + len(body), len(told), flush=True)
"""


class Programs(harness.Case):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("kernel programs need root")
        self.take("ebpf", "encode_jsonl")
        self.near, self.far = containers.joined(self, "10.89.7.1", "10.89.7.2")

    def observing(self):
        agent = self.agent(EBPF + JSONL).ready()
        page = wait_for("the kernel programs", lambda: agent.get("/modules/ebpf/features").json.get("hooks"))
        hooks = {each["hook"]: each for each in page}
        if hooks["tcp_states"]["attached_as"] == "none":
            self.skipTest(f"kernel programs cannot be loaded here: {agent.instance('ebpf')['text']}")
        return agent

    def serve(self, *command, stdout=subprocess.DEVNULL):
        server = subprocess.Popen(self.far.inside(*command), stdin=subprocess.DEVNULL, stdout=stdout)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        until_listening(self.far, PORT)
        return server

    def closed(self, agent, count):
        def told():
            ends = [each["payload"]["connection"] for each in agent.lines()
                    if each["topic"] == "raw/ebpf/connection/" and each["payload"]["kind"] == "closed"]
            ends = [each for each in ends if PORT in (each["local_port"], each["peer_port"]) and
                    each["network_namespace"] in (self.near.inode, self.far.inode)]
            return ends if len(ends) >= count else None
        return wait_for(f"{count} closed ends", told)

    def test_bytes_of_iperf3_in_both_directions(self):
        if reason := missing("iperf3"):
            self.skipTest(reason)
        agent = self.observing()
        server = self.serve("iperf3", "-s", "-p", PORT)
        for rounds, way in enumerate(([], ["--reverse"]), 1):
            client = subprocess.Popen(
                self.near.inside("iperf3", "-c", self.far.address, "-p", PORT, "-n", "2G", "-P", "2", "--json", *way),
                stdout=subprocess.PIPE, text=True)
            report = json.loads(client.communicate(timeout=harness.PATIENCE)[0])
            # At its end iperf3 leaves some megabytes on their way: so much is sent that they hardly count.
            wanted = report["end"]["sum_sent"]["bytes"]
            # Of each of the two streams, and of the connection over which they are agreed on, both ends.
            ends = [each for each in self.closed(agent, 6 * rounds) if client.pid in (each["pid"], each.get("peer", {}).get("pid"))]
            self.assertEqual(len(ends), 6)
            self.assertEqual({each["pid"] for each in ends}, {client.pid, server.pid})
            sender = client.pid if not way else server.pid
            sent = sum(each["total"].get("sent_bytes", 0) for each in ends if each["pid"] == sender)
            received = sum(each["total"].get("received_bytes", 0) for each in ends if each["pid"] != sender)
            print(f"iperf3 {way}: {wanted} bytes, told sent {sent}, received {received}")
            self.assertLess(abs(sent - wanted), 0.01 * wanted)
            self.assertLess(abs(received - wanted), 0.01 * wanted)

    def expect_exchange(self, *command):
        agent = self.observing()
        server = self.serve("/usr/bin/python3", "-c", SERVER, self.far.address, PORT)
        client = subprocess.Popen(self.near.inside(*command), stdin=subprocess.DEVNULL)
        self.assertEqual(client.wait(harness.PATIENCE), 0)
        ends = {each["pid"]: each for each in self.closed(agent, 2)}
        self.assertEqual(set(ends), {client.pid, server.pid})
        for pid, (sent, received) in ((client.pid, (1000, 500)), (server.pid, (500, 1000))):
            self.assertEqual((ends[pid]["total"]["sent_bytes"], ends[pid]["total"]["received_bytes"]), (sent, received))

    def test_a_python_client(self):
        self.expect_exchange("/usr/bin/python3", "-c", PYTHON_CLIENT, self.far.address, PORT)

    def test_a_go_client(self):
        """Go's own resolver, scheduler and HTTP client: promtool asks a server one question."""
        if reason := missing("promtool"):
            self.skipTest(reason)
        agent = self.observing()
        server = self.serve("/usr/bin/python3", "-c", WEB_SERVER, self.far.address, PORT, stdout=subprocess.PIPE)
        client = subprocess.Popen(self.near.inside("promtool", "query", "instant", f"http://{self.far.address}:{PORT}", "up"),
                                  stdin=subprocess.DEVNULL)
        self.assertEqual(client.wait(harness.PATIENCE), 0)
        got, gave = map(int, server.communicate(timeout=harness.PATIENCE)[0].split())
        ends = {each["pid"]: each["total"] for each in self.closed(agent, 2)}
        self.assertEqual({pid: (each["sent_bytes"], each["received_bytes"]) for pid, each in ends.items()},
                         {client.pid: (got, gave), server.pid: (gave, got)})


if __name__ == "__main__":
    harness.main()
