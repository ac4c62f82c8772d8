#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plugins that come and go while the agent runs."""

import harness
from harness import JSONL, SAMPLES, hello, wait_for


class DropIn(harness.Case):
    def test_a_plugin_that_is_dropped_in_starts_without_a_restart(self):
        self.take("encode_jsonl", "hello_c")
        agent = self.agent(hello("late") + hello("steady", type_="hello_c") + JSONL).ready()
        waiting = agent.until_state("late", "waiting")
        self.assertIn("no loaded plugin offers the collector type 'hello'; did you mean 'hello_c'?",
                      waiting["last_error"])
        agent.goes_on("steady")

        self.take("hello")
        running = agent.until_state("late", "running")
        self.assertEqual(running["module_file"], str(self.shelf / "hello.so"))
        agent.goes_on("late")
        steady = agent.instance("steady")
        self.assertEqual((steady["incarnation"], steady["restarts"]), (1, 0))

    def test_removing_the_file_of_a_running_plugin_keeps_it_running(self):
        self.take("encode_jsonl", "hello")
        agent = self.agent(hello() + JSONL).ready()
        agent.goes_on()
        (self.shelf / "hello.so").unlink()
        wait_for("the log to tell", lambda: "module file is gone" in agent.log())
        agent.goes_on()
        self.assertEqual(agent.instance("hello")["incarnation"], 1)
        self.assertNotIn("io.sonde.sample.hello", [each["id"] for each in agent.get("/debug/plugins").json["modules"]])
        self.take("hello")
        wait_for("it to be there again", lambda: "io.sonde.sample.hello" in
                 [each["id"] for each in agent.get("/debug/plugins").json["modules"]])

    def test_a_new_version_of_a_file_takes_over_without_a_gap(self):
        self.take("encode_jsonl", "hello")
        agent = self.agent(hello() + JSONL).ready()
        agent.goes_on()
        newer = self.shelf / ".hello.new"
        newer.write_bytes((SAMPLES / "hello.so").read_bytes() + b"\0")  # another digest; what is behind is not loaded
        newer.chmod(0o644)
        newer.rename(self.shelf / "hello.so")
        wait_for("the upgrade", lambda: agent.instance("hello")["incarnation"] == 2)
        agent.goes_on()
        self.assertIn("module upgraded", agent.log())
        self.assertEqual(agent.get("/debug/plugins").json["retired"], 1)

    def test_a_type_that_two_files_offer_goes_to_the_first_until_it_leaves(self):
        self.take("encode_jsonl", "hello")
        agent = self.agent(hello() + JSONL).ready()
        self.take("duplicate")

        def refused():
            return [each for each in agent.get("/debug/plugins").json["refused"] if each["reason"] == "duplicate_type"]
        text = wait_for("the refusal", refused)[0]["message"]
        self.assertIn(str(self.shelf / "hello.so"), text)
        self.assertIn(str(self.shelf / "duplicate.so"), text)
        self.take("hello_c")  # another scan must not forget it
        wait_for("the next scan", lambda: "hello_c" in agent.get("/debug/plugins").text)
        self.assertTrue(refused())
        agent.goes_on()
        (self.shelf / "hello.so").unlink()
        wait_for("the other file's turn", lambda: not refused() and "sample.duplicate" in
                 agent.get("/debug/plugins").text)
        self.assertEqual(agent.instance("hello")["state"], "running")


if __name__ == "__main__":
    harness.main()
