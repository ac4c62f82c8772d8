#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Readers of the agent's output that stop reading or go away; and that every single event is accounted for."""

import os
import time

import harness
from harness import JSONL, hello, wait_for

FAST = hello(interval="1ms", greeting="g" * 2000)


class Stalls(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("hello", "encode_jsonl")

    def balanced(self, agent):
        """/debug/lanes once it is quiet: every reader accounts for all that was sealed, dead lanes included."""
        def quiet():
            page = agent.get("/debug/lanes").json
            at_rest = all(stream["sealed"] == stream["committed"] for _, stream in streams_of(page))
            if not at_rest or any(each["in_flight"] for each in positions_of(page)):
                return None
            time.sleep(0.1)  # a hundred times the interval of what must have ended
            return page if page == agent.get("/debug/lanes").json else None
        page = wait_for(lambda: "quiet:\n" + agent.get("/debug/lanes?pretty").text, quiet)
        for lane, stream in streams_of(page):
            self.assertEqual(stream["produced"], stream["committed"] + sum(stream["dropped"].values()))
            self.assertIsNot(stream["balanced"], False)
            for at in positions_of(page):
                if (at["lane"], at["instance"], at["topic"]) == (lane["lane"], lane["instance"], stream["topic"]):
                    self.assertEqual(at["delivered"] + at["failed"] + at["lost"] + at["shutdown"], stream["sealed"])
                    self.assertIsNot(at["balanced"], False)
        return page

    def quieten(self, agent, more, bus=""):
        """Ends the collectors' haste, so that the sums can be compared."""
        agent.write(bus + hello(interval="1h", greeting="quiet") + more)
        self.assertEqual(agent.post("/reload").status, 200)

    def test_a_stalled_pipe_costs_only_its_own_lines_and_all_are_accounted_for(self):
        reading, writing = os.pipe()
        other = self.dir / "other.jsonl"
        encoders = '[[encoders]]\ntype = "encode_jsonl"\nname = "piped"\ndelivery = "lossy"\n[encoders.config]\n' \
                   'buffer_bytes = "16KiB"\n' + JSONL + f'[encoders.config]\npath = "{other}"\n'
        agent = self.agent(FAST + encoders, stdout=writing)
        os.close(writing)
        self.addCleanup(os.close, reading)
        agent.ready()
        stalled = wait_for("the stall to be told", lambda: (one := agent.instance("piped")) and
                           one["health"] != "ok" and one)
        self.assertIn(stalled["reason"], ("stalled",))
        time.sleep(2)
        self.assertEqual(agent.get("/readyz").status, 200)
        agent.goes_on(path=other)
        self.quieten(agent, encoders)
        page = self.balanced(agent)
        self.assertGreater(sum(each["failed"] + each["lost"] for each in positions_of(page, "piped")), 0)
        self.assertEqual(sum(each["failed"] + each["lost"] for each in positions_of(page, "encode_jsonl")), 0)
        os.set_blocking(reading, False)
        wait_for("recovery once it is read", lambda: drain(reading) or agent.instance("piped")["health"] == "ok")
        began = time.monotonic()
        self.assertEqual(agent.stop(), 0)
        self.assertLess(time.monotonic() - began, 3 if not harness.INSTRUMENTED else harness.PATIENCE)

    def test_a_closed_pipe_is_told_and_ends_nothing(self):
        reading, writing = os.pipe()
        other = self.dir / "other.jsonl"
        encoders = '[[encoders]]\ntype = "encode_jsonl"\nname = "piped"\n' + JSONL + \
                   f'[encoders.config]\npath = "{other}"\n'
        agent = self.agent(FAST + encoders, stdout=writing)
        os.close(writing)
        agent.ready()
        agent.goes_on(path=other)
        os.close(reading)
        closed = wait_for("the closed pipe to be told", lambda: (one := agent.instance("piped")) and
                          one["reason"] == "closed_pipe" and one)
        self.assertNotEqual(closed["health"], "ok")
        agent.goes_on(path=other)
        self.assertEqual(agent.get("/readyz").status, 200)
        self.quieten(agent, encoders)
        self.balanced(agent)
        self.assertEqual(agent.stop(), 0)

    def test_a_lossless_reader_slows_producers_instead_of_losing(self):
        reading, writing = os.pipe()
        encoders = '[[encoders]]\ntype = "encode_jsonl"\ndelivery = "lossless"\n[encoders.config]\n' \
                   'buffer_bytes = "16KiB"\n'
        bus = '[bus]\nlane_budget = "256KiB"\nrecord_limit = "64KiB"\nstall_limit = "1s"\n'
        agent = self.agent(bus + FAST + encoders, stdout=writing)
        os.close(writing)
        self.addCleanup(os.close, reading)
        agent.ready()
        wait_for("drops at the full lane", lambda: any(
            each["dropped"].get("lane_full") for _, each in streams_of(agent.get("/debug/lanes").json)))
        wait_for("the stall to be told", lambda: agent.instance("encode_jsonl")["health"] != "ok")
        self.assertEqual(agent.get("/livez").status, 200)
        os.set_blocking(reading, False)
        self.quieten(agent, encoders, bus)
        wait_for("recovery once it is read", lambda: drain(reading) or
                 agent.instance("encode_jsonl")["health"] == "ok")
        page = self.balanced(agent)
        self.assertEqual(sum(each["lost"] for each in positions_of(page)), 0)
        drain(reading)
        self.assertEqual(agent.stop(), 0)


def streams_of(page):
    return [(lane, each) for lane in page["lanes"] for each in lane["streams"]]


def positions_of(page, reader=None):
    return [each for one in page["subscriptions"] if reader in (None, one["name"]) for each in one["positions"]]


def drain(descriptor):
    """Reads what is there."""
    try:
        while os.read(descriptor, 1 << 16):
            pass
    except BlockingIOError:
        pass


if __name__ == "__main__":
    harness.main()
