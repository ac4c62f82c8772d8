#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients of the socket that misbehave: none of them keeps another one, or the agent, from its work."""

import socket
import time

import harness
from harness import JSONL, hello, wait_for


class Clients(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("hello", "encode_jsonl")

    def raw(self, agent, data=b""):
        made = socket.socket(socket.AF_UNIX)
        self.addCleanup(made.close)
        made.settimeout(harness.PATIENCE)
        made.connect(agent.socket)
        if data:
            made.sendall(data)
        return made

    def answers_promptly(self, agent):
        began = time.monotonic()
        self.assertEqual(agent.get("/healthz").status, 200)
        if not harness.INSTRUMENTED:
            self.assertLess(time.monotonic() - began, 2)

    def test_clients_that_send_nothing_or_half_a_request_disturb_nobody_and_are_ended(self):
        agent = self.agent('[api]\nrequest_timeout = "1s"\n' + hello() + JSONL).ready()
        halves = [self.raw(agent, b"GET /healthz HT") for _ in range(10)]
        self.raw(agent)
        self.answers_promptly(agent)
        agent.goes_on()
        for each in halves:
            while each.recv(4096):  # an answer that says why, or nothing, and then the end
                pass
        self.assertGreater(agent.metric("sonde_api_dropped_connections_total"), 0)

    def test_clients_that_never_read_disturb_nobody(self):
        busy = hello(interval="1ms", greeting="g" * 1000)
        agent = self.agent('[api]\nrequest_timeout = "1s"\n' + busy + JSONL).ready()
        for _ in range(3):
            self.raw(agent, b"GET /debug/tap HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for _ in range(10):
            self.raw(agent, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
        self.answers_promptly(agent)
        agent.goes_on()
        wait_for("them to be ended", lambda: (agent.metric("sonde_api_connections") or 0) <= 1)
        self.answers_promptly(agent)

    def test_more_connections_than_allowed_are_turned_away_and_counted(self):
        agent = self.agent('[api]\nmax_connections = 4\n' + hello() + JSONL).ready()
        held = [self.raw(agent) for _ in range(4)]
        # The agent speaks first then, and hangs up.
        wait_for("the connections to be held", lambda: self.raw(agent).recv(4096).startswith(b"HTTP/1.1 503"))
        for each in held:
            each.close()
        wait_for("room", lambda: self.raw(agent, b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                 .recv(4096).startswith(b"HTTP/1.1 200"))
        self.assertGreater(agent.metric("sonde_api_dropped_connections_total", reason="too_many_connections"), 0)

    def test_rubbish_is_refused_and_the_next_request_served(self):
        agent = self.agent(hello() + JSONL).ready()
        for rubbish in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 10, b"HELLO\r\n\r\n",
                        b"GET " + b"/" * 100_000 + b" HTTP/1.1\r\n\r\n",
                        b"POST /reload HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
                        b"GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"):
            with self.subTest(rubbish[:20]):
                client = socket.socket(socket.AF_UNIX)
                self.addCleanup(client.close)
                client.settimeout(harness.PATIENCE)
                client.connect(agent.socket)
                try:
                    client.sendall(rubbish)
                    said = client.recv(4096)
                except (BrokenPipeError, ConnectionResetError):
                    said = b"HTTP/1.1 4"  # it was refused before all of it was taken
                self.assertTrue(said.startswith(b"HTTP/1.1 4"), said)
                self.answers_promptly(agent)
        self.assertEqual(agent.stop(), 0)


if __name__ == "__main__":
    harness.main()
