#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Metrics of the host from /proc to lines of JSON, and the socket of entities beside them, in a whole agent."""

import os
import pathlib
import stat

import harness
from harness import JSONL, wait_for

GROUPS = {"cpu", "memory", "disk", "filesystem", "network", "load", "processes", "pressure"}
MACHINE = '[[collectors]]\ntype = "host"\nname = "machine"\n[collectors.config]\ninterval = "1s"\n'


class Host(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("host", "encode_jsonl", "serve_entities")

    def test_every_group_is_told_and_so_is_the_host(self):
        agent = self.agent(MACHINE + JSONL).ready()
        wanted = GROUPS if os.path.exists("/proc/pressure/cpu") else GROUPS - {"pressure"}

        def payloads(topic):
            return [each["payload"] for each in agent.lines() if each["topic"] == topic]
        wait_for("all groups", lambda: wanted <= {each["group"] for each in payloads("raw/host/metrics/")})
        cpu = next(each for each in payloads("raw/host/metrics/") if each["group"] == "cpu")
        times = next(each for each in cpu["metrics"] if each["name"] == "system.cpu.time")
        self.assertEqual((times["unit"], times["kind"]), ("s", "monotonic_sum"))
        self.assertEqual(len(times["points"]), 8)
        told = payloads("raw/host/info/")
        self.assertEqual(told[0]["host"]["kernel_release"], os.uname().release)
        self.assertEqual(told[0]["host"]["cpu_count"], os.sysconf("SC_NPROCESSORS_CONF"))
        self.assertEqual(agent.instance("machine")["health"], "ok")
        self.assertEqual(agent.stop(), 0)

    def test_entities_are_served_at_a_socket_of_the_owner_alone(self):
        place = pathlib.Path(self.run_dir, "entities.sock")  # short enough for a socket
        agent = self.agent(f'[[encoders]]\ntype = "serve_entities"\n[encoders.config]\nsocket = "{place}"\n').ready()
        wait_for("the socket", place.exists)
        self.assertEqual(stat.S_IMODE(place.stat().st_mode), 0o600)
        self.assertEqual(agent.stop(), 0)
        self.assertFalse(place.exists())


if __name__ == "__main__":
    harness.main()
