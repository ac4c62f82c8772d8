#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`sonde tap`: a look at the live bus that never slows anybody down."""

import json
import os
import pty
import signal
import subprocess
import time

import harness
from harness import JSONL, SONDE, hello, sonde, wait_for


class Tap(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("hello", "encode_jsonl", "process")

    def tap(self, agent, *arguments, **more):
        made = subprocess.Popen([SONDE, "tap", "--socket", agent.socket, *arguments], stdin=subprocess.DEVNULL,
                                env=harness.environment(), **more)

        def end():
            with made:
                made.kill()
        self.addCleanup(end)
        return made

    def readers(self, agent):
        """How many read the first stream now; the totals of those that have gone stay on the page."""
        return agent.get("/debug/lanes").json["lanes"][0]["streams"][0]["subscribers"]

    def test_count_ends_it_and_lines_are_json(self):
        agent = self.agent(hello() + JSONL).ready()
        done = sonde("tap", "--socket", agent.socket, "--count", "5")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([each["data_text"] for each in lines], ["hello"] * 5)

    def test_topic_and_where_choose(self):
        agent = self.agent(hello("one", greeting="1") + hello("two", greeting="2") + JSONL).ready()
        done = sonde("tap", "raw/hello", "--socket", agent.socket, "--count", "5", "--where", "instance=two")
        self.assertEqual({json.loads(line)["data_text"] for line in done.stdout.splitlines()}, {"2"})
        wrong = sonde("tap", "--socket", agent.socket, "--where", "nonsense")
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("nonsense", wrong.stderr)

    def test_where_reaches_into_the_payload(self):
        agent = self.agent(harness.PROCESS + JSONL).ready().listens()
        tap = self.tap(agent, "--where", "payload.process.name=e2e-tapped", "--where", "payload.kind=exec", "--count",
                       "1", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        wait_for("the tap to listen", lambda: self.readers(agent) == 2)
        script = self.dir / "e2e-tapped"
        script.write_text("#!/bin/sh\nsleep 0.4\n")
        script.chmod(0o755)
        subprocess.run([script], check=True)
        wait_for(lambda: f"the tap's end: {agent.get('/debug/lanes').text} " + "\n".join(
            json.dumps(each) for each in agent.lines() if "e2e-tapped" in json.dumps(each)),
            lambda: tap.poll() is not None)
        self.assertEqual(tap.returncode, 0)
        lines = [json.loads(line) for line in tap.stdout.read().splitlines()]
        self.assertEqual([each["payload"]["process"]["name"] for each in lines], ["e2e-tapped"])

    def test_on_a_terminal_it_prints_text(self):
        agent = self.agent(hello() + JSONL).ready()
        master, terminal = pty.openpty()
        self.addCleanup(os.close, master)
        tap = self.tap(agent, "--count", "3", stdout=terminal, stderr=subprocess.DEVNULL)
        os.close(terminal)
        shown = b""
        try:
            while part := os.read(master, 4096):
                shown += part
        except OSError:
            pass  # how Linux says that the other side has closed
        self.assertEqual(tap.wait(harness.PATIENCE), 0)
        lines = shown.decode().splitlines()
        self.assertEqual(len(lines), 3)
        for line in lines:
            self.assertIn("hello", line)
            self.assertNotIn("{\"time\"", line)

    def test_an_interrupt_ends_it(self):
        agent = self.agent(hello() + JSONL).ready()
        tap = self.tap(agent, stdout=subprocess.PIPE, text=True)
        self.assertTrue(tap.stdout.readline())
        tap.send_signal(signal.SIGINT)
        began = time.monotonic()
        rest, _ = tap.communicate(timeout=harness.PATIENCE)
        self.assertLess(time.monotonic() - began, 2)
        self.assertIn(tap.returncode, (0, -signal.SIGINT))
        self.assertTrue(all(json.loads(line) for line in rest.splitlines()))
        wait_for("its subscription to end", lambda: self.readers(agent) == 1)

    def test_a_reader_that_has_seen_enough_ends_it(self):
        agent = self.agent(hello() + JSONL).ready()
        tap = self.tap(agent, stdout=subprocess.PIPE, text=True)
        tap.stdout.readline()
        tap.stdout.close()
        self.assertEqual(tap.wait(harness.PATIENCE), 0)

    def test_a_tap_whose_reader_stopped_takes_nothing_from_others(self):
        agent = self.agent(hello(interval="1ms", greeting="g" * 1000) + JSONL).ready()
        self.tap(agent, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # nobody reads its output
        wait_for("the tap to listen", lambda: self.readers(agent) == 2)
        agent.goes_on()
        wait_for("it to be ended", lambda: self.readers(agent) == 1)
        agent.goes_on()
        lanes = agent.get("/debug/lanes").json
        steady = next(each for each in lanes["subscriptions"] if each["name"] == "encode_jsonl")
        self.assertEqual([each["lost"] + each["failed"] for each in steady["positions"]], [0])
        self.assertEqual(lanes["lanes"][0]["streams"][0]["dropped"], {})
        self.assertEqual(agent.stop(), 0)
        numbers = [int(each["event_id"], 16) for each in agent.lines()]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))

    def test_the_end_of_the_agent_ends_it(self):
        agent = self.agent(hello() + JSONL).ready()
        tap = self.tap(agent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        tap.stdout.readline()
        self.assertEqual(agent.stop(), 0)
        _, said = tap.communicate(timeout=harness.PATIENCE)
        self.assertEqual(tap.returncode, 1)
        self.assertTrue(said)

    def test_without_an_agent_it_says_so(self):
        for command in ("tap", "status"):
            done = sonde(command, "--socket", f"{self.run_dir}/sonde.sock")
            self.assertEqual(done.returncode, 1)
            self.assertIn("is the agent running", done.stderr)
            self.assertIn(f"{self.run_dir}/sonde.sock", done.stderr)


if __name__ == "__main__":
    harness.main()
