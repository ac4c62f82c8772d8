#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ends at awkward moments: the agent goes at once, and leaves no file, no child and no zombie."""

import os
import pathlib
import random
import signal
import time

import harness
from harness import JSONL, PROCESS, hello, wait_for


def children_of(pid):
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(stat.parent.name))
        except (OSError, IndexError):
            pass  # it has ended since
    return found


class Stop(harness.Case):
    def left_nothing(self, agent):
        self.assertEqual(os.listdir(self.run_dir), [], agent.log())

    def quickly(self, agent, number=signal.SIGTERM, limit=2):
        began = time.monotonic()
        code = agent.stop(number)
        if not harness.INSTRUMENTED:
            self.assertLess(time.monotonic() - began, limit, agent.log())
        return code

    def test_a_plugin_that_hangs_in_its_trial_does_not_delay_the_end(self):
        self.take("hello", "encode_jsonl", "hangs_in_init")
        for number in (signal.SIGTERM, signal.SIGINT):
            agent = self.agent(hello() + JSONL)
            trial = wait_for("the trial", lambda: children_of(agent.pid))  # hello.so comes later in the alphabet
            self.assertEqual(self.quickly(agent, number), 0, agent.log())
            for each in trial:
                wait_for("the trial's end", lambda: not os.path.exists(f"/proc/{each}"))
            self.assertNotIn("hangs_in_init.so is refused", agent.log())
            self.left_nothing(agent)

    def test_an_end_at_any_moment_of_the_start_is_clean(self):
        self.take("hello", "process", "encode_jsonl")
        seed = random.randrange(1 << 30)
        print(f"seed {seed}")
        pause = random.Random(seed)
        slow = 5 if harness.INSTRUMENTED else 1
        codes = []
        for _ in range(20):
            agent = self.agent(PROCESS + hello() + JSONL)
            time.sleep(pause.uniform(0, 0.4) * slow)
            children = children_of(agent.pid)
            codes.append(self.quickly(agent))
            # Before the agent handles signals, the default action ends it; there is nothing yet to tidy up then.
            self.assertIn(codes[-1], (0, -signal.SIGTERM), agent.log())
            if codes[-1] == -signal.SIGTERM:
                self.assertEqual(agent.log(), "")
            self.left_nothing(agent)
            for child in children:
                wait_for("its child to go", lambda: not os.path.exists(f"/proc/{child}"))
            agent.lines()  # whole lines only, whenever it ended
        self.assertIn(0, codes)

    def test_a_running_agent_has_no_children_and_leaves_nothing(self):
        self.take("hello", "process", "encode_jsonl")
        agent = self.agent(PROCESS + hello() + JSONL).ready()
        agent.goes_on()
        self.assertEqual(children_of(agent.pid), [])
        self.assertEqual(self.quickly(agent), 0)
        self.left_nothing(agent)

    def test_two_signals_are_no_worse_than_one(self):
        self.take("hello", "encode_jsonl")
        agent = self.agent(hello() + JSONL).ready()
        for _ in range(5):
            agent.process.send_signal(signal.SIGINT)
        self.assertEqual(self.quickly(agent), 0)
        self.left_nothing(agent)

    def test_an_end_during_a_reload_is_clean(self):
        self.take("hello", "encode_jsonl")
        agent = self.agent(hello("a") + JSONL).ready()
        agent.write(hello("b") + hello("c") + JSONL)
        agent.process.send_signal(signal.SIGHUP)
        self.assertEqual(self.quickly(agent), 0)
        self.left_nothing(agent)

    def test_an_agent_that_cannot_start_leaves_nothing(self):
        self.take("hello", "encode_jsonl")
        first = self.agent(hello() + JSONL).ready()
        before = sorted(os.listdir(self.run_dir))
        second = self.agent(hello() + JSONL)
        self.assertEqual(second.process.wait(harness.PATIENCE), 1)
        self.assertEqual(sorted(os.listdir(self.run_dir)), before)
        first.goes_on()

    def test_a_run_directory_that_others_could_put_code_into_is_refused(self):
        self.take("hello", "encode_jsonl")
        os.chmod(self.run_dir, 0o777)
        agent = self.agent(hello() + JSONL)
        self.assertEqual(agent.process.wait(harness.PATIENCE), 1)
        self.assertIn("others could put code into the run directory", agent.log())
        os.chmod(self.run_dir, 0o700)
        os.symlink(self.run_dir, self.dir / "link")
        agent = self.agent(hello() + JSONL, run_dir=f"{self.dir}/link")
        self.assertEqual(agent.process.wait(harness.PATIENCE), 1)
        self.assertIn("cannot open the run directory", agent.log())
        self.left_nothing(agent)

    def test_a_run_directory_that_cannot_be_made_is_named(self):
        self.take("hello", "encode_jsonl")
        agent = self.agent(hello() + JSONL, run_dir=f"{self.run_dir}/a/b")
        self.assertEqual(agent.process.wait(harness.PATIENCE), 1)
        self.assertIn("set [host] run_dir", agent.log())


if __name__ == "__main__":
    harness.main()
