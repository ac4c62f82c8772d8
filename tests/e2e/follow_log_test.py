#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The sample that follows a log with what the SDK offers for that, in a running agent: killed, restarted, rotated."""

import random
import signal
import threading
import time
import unittest

import harness
from harness import wait_for

ENCODER = '[[encoders]]\ntype = "encode_jsonl"\ndelivery = "lossless"\n'


class FollowLog(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("follow_log", "encode_jsonl")
        self.log = self.dir / "app.log"

    def following(self, *lines, name="follow_log", wait=True):
        collector = "\n".join([f'[[collectors]]\ntype = "follow_log"\nname = "{name}"\n[collectors.config]',
                               f'path = "{self.log}"', f'state_dir = "{self.dir}/state"', 'settle = "300ms"', *lines, ""])
        made = self.agent(collector + ENCODER)
        return made.ready() if wait else made

    @staticmethod
    def told(lines):
        return [each["data_text"] for each in lines if each["content_type"] == "text/plain"]

    def until(self, agent, text):
        wait_for(lambda: f"{text}:\n{agent.log()[-2000:]}", lambda: text in self.told(agent.lines()))

    def rotate(self):
        for i in (2, 1):
            if (self.dir / f"app.log.{i}").exists():
                (self.dir / f"app.log.{i}").rename(self.dir / f"app.log.{i + 1}")
        self.log.rename(self.dir / "app.log.1")

    def test_nothing_is_lost_over_kills_and_rotations_and_repeats_are_known(self):
        seed = random.randrange(1 << 32)
        print(f"seed {seed}", flush=True)
        chance = random.Random(seed)
        count, stop = [0], threading.Event()

        def write():
            file = open(self.log, "a", buffering=1)
            rotates = time.monotonic() + 1
            while not stop.is_set():
                file.write(f"line {count[0]}\n")
                count[0] += 1
                if time.monotonic() > rotates:  # rename first, and go on in the old one for a moment, as writers do
                    self.rotate()
                    file.write(f"line {count[0]}\n")
                    count[0] += 1
                    file.close()
                    file = open(self.log, "a", buffering=1)
                    rotates = time.monotonic() + 1
                time.sleep(chance.random() * 0.002)
            file.close()
        writer = threading.Thread(target=write)
        writer.start()
        self.addCleanup(stop.set)
        agent, lines, kills = self.following(), [], 0
        for turn in range(8):
            time.sleep(chance.random() * 0.8)
            if turn % 2:
                agent.stop(signal.SIGKILL)
                kills += 1
            else:
                self.assertEqual(agent.stop(), 0)
            lines += agent.lines()
            agent = self.following()
        stop.set()
        writer.join()
        self.until(agent, f"line {count[0] - 1}")
        self.assertEqual(agent.stop(), 0)
        lines += agent.lines()
        first, repeats = {}, 0
        for each in lines:
            repeats += each["event_id"] in first
            self.assertEqual(first.setdefault(each["event_id"], each["data_text"]), each["data_text"])
        self.assertEqual(list(first.values()), [f"line {i}" for i in range(count[0])], "all, once each, in order")
        print(f"{count[0]} lines, {kills} kills, {repeats} repeats", flush=True)

    def test_clean_restarts_repeat_nothing(self):
        told = []
        for turn in range(3):
            with open(self.log, "a") as file:
                file.write(f"turn {turn}\n" + "x" * 300 + f" {turn}\n")
            agent = self.following('line_limit = "256B"')
            wait_for("two lines", lambda: len(self.told(agent.lines())) == 2)
            self.assertEqual(agent.stop(), 0)
            told += self.told(agent.lines())
            self.rotate()
        self.assertEqual(told, [text for turn in range(3) for text in (f"turn {turn}", "x" * 256)])

    def test_a_log_that_is_not_there_is_waited_for_and_named(self):
        agent = self.following()
        wait_for("the report", lambda: "app.log" in harness.json.dumps(agent.instance("follow_log")))
        self.log.write_text("there it is\n")
        self.until(agent, "there it is")
        wait_for("health", lambda: agent.instance("follow_log")["health"] == "ok")


if __name__ == "__main__":
    harness.main()
