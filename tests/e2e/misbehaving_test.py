#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plugins that break the rules: each is named with its reason, and its neighbours go on."""

import os
import time

import harness
from harness import JSONL, PROCESS, hello, wait_for

TIMES = 'stop_timeout = "300ms"\ndrain_timeout = "200ms"\nstart_timeout = "5s"\nrestart_min = "20ms"\n' \
        'restart_max = "50ms"\nrestart_limit = 3\n'
OK, FAILED, WEDGED = 0, 1, 3


def collector(type_, more=""):
    return f'[[collectors]]\ntype = "{type_}"\n{more}\n'


class Misbehaving(harness.Case):
    def beside(self, plugin, *types):
        """An agent with process, hello and encode_jsonl beside the types of one plugin."""
        self.take("process", "hello", "encode_jsonl", plugin)
        return self.agent(PROCESS + hello() + JSONL + "".join(map(collector, types)), host=TIMES).ready()

    def others_go_on(self, agent):
        agent.goes_on("hello")
        for each in ("hello", "process", "encode_jsonl"):
            one = agent.instance(each)
            self.assertEqual((one["state"], one["incarnation"]), ("running", 1), one)

    def gives_up(self, agent, name, words):
        """Tried again with pauses, and then left alone."""
        failed = wait_for(f"{name} to be given up", lambda: (one := agent.instance(name)) and
                          one["state"] == "failed" and "given up" in one["last_error"] and one)
        self.assertIn(words, failed["last_error"])
        self.assertEqual(failed["restarts"], 3)
        self.assertEqual(agent.metric("sonde_instance_state", instance_name=name, state="failed"), 1)

    def test_exceptions_across_the_boundary_fail_the_instance(self):
        agent = self.beside("throws", "throws_in_configure", "throws_in_run")
        self.gives_up(agent, "throws_in_configure", "thrown on purpose from configure")
        self.gives_up(agent, "throws_in_run", "run threw an unknown exception across the ABI")
        self.others_go_on(agent)
        self.assertEqual(agent.stop(), OK)

    def test_exceptions_inside_the_cpp_layer_fail_the_instance(self):
        agent = self.beside("throws_inside", "throws_inside")
        self.gives_up(agent, "throws_inside", "thrown on purpose")
        self.others_go_on(agent)
        self.assertEqual(agent.stop(), OK)

    def test_an_instance_that_ends_by_itself_is_restarted_with_pauses_and_given_up(self):
        agent = self.beside("exits_in_run", "exits_in_run")
        self.gives_up(agent, "exits_in_run", "ended on purpose")
        self.assertEqual(agent.instance("exits_in_run")["incarnation"], 4)
        self.others_go_on(agent)
        self.assertEqual(agent.stop(), OK)

    def test_a_stop_that_hangs_is_given_up_and_told_by_the_exit_code(self):
        for name in ("hangs_in_stop", "hangs_in_run"):
            with self.subTest(name):
                agent = self.beside("hangs_in_stop", name)
                agent.until_state(name, "running")
                self.others_go_on(agent)
                began = time.monotonic()
                self.assertEqual(agent.stop(), WEDGED)
                self.assertLess(time.monotonic() - began, 3 if not harness.INSTRUMENTED else harness.PATIENCE)
                self.assertIn("stop did not return before its deadline", agent.log())
                self.assertTrue(agent.greetings("hello"))

    def test_a_wedged_instance_cannot_be_restarted_and_leaves_the_others_alone(self):
        agent = self.beside("hangs_in_stop", "hangs_in_stop")
        self.assertEqual(agent.post("/modules/hangs_in_stop/restart").status, 500)
        self.assertEqual(agent.until_state("hangs_in_stop", "wedged")["incarnation"], 1)
        self.assertEqual(agent.post("/modules/hangs_in_stop/restart").status, 409)
        self.others_go_on(agent)
        self.assertEqual(agent.stop(), WEDGED)

    def test_modules_that_cannot_be_loaded_are_refused_and_their_instances_wait(self):
        for plugin, reason in (("wrong_major", "abi_major"), ("newer_minor", "abi_minor"), ("no_symbol", "no_entry"),
                               ("crashes_in_init", "crashed")):
            with self.subTest(plugin):
                agent = self.beside(plugin, plugin)
                waiting = agent.until_state(plugin, "waiting")
                self.assertIn(f"no loaded plugin offers the collector type '{plugin}'", waiting["last_error"])
                self.assertEqual(agent.metric("sonde_plugin_refused", reason=reason), 1)
                self.others_go_on(agent)
                self.assertEqual(agent.stop(), OK)
                (self.shelf / f"{plugin}.so").unlink()

    def test_an_init_that_hangs_is_ended_after_its_time(self):
        agent = self.beside("hangs_in_init", "hangs_in_init")
        self.assertEqual(agent.metric("sonde_plugin_refused", reason="hung"), 1)
        self.assertEqual(agent.instance("hangs_in_init")["state"], "waiting")
        self.others_go_on(agent)
        self.assertEqual(agent.stop(), OK)

    def test_of_two_plugins_with_one_type_the_first_is_taken(self):
        self.take("hello_c", "hello", "encode_jsonl", "duplicate")
        agent = self.agent(hello("steady", type_="hello_c") + collector("hello") + JSONL, host=TIMES).ready()
        self.assertEqual(agent.metric("sonde_plugin_refused", reason="duplicate_type"), 1)
        self.assertEqual(agent.until_state("hello", "running")["module_file"], str(self.shelf / "duplicate.so"))
        agent.goes_on("steady")
        self.assertEqual(agent.stop(), OK)

    def test_a_required_instance_that_cannot_start_ends_the_agent(self):
        self.take("hello", "encode_jsonl", "throws")
        broken = collector("throws_in_configure", "required = true")
        agent = self.agent(hello() + JSONL + broken, host=TIMES)
        self.assertEqual(agent.process.wait(harness.PATIENCE), FAILED)
        self.assertIn("required instance 'throws_in_configure' could not be started", agent.log())

    def test_a_required_instance_without_a_plugin_ends_the_agent(self):
        self.take("hello", "encode_jsonl")
        agent = self.agent(hello() + JSONL + collector("absent", "required = true"), host=TIMES)
        self.assertEqual(agent.process.wait(harness.PATIENCE), FAILED)
        self.assertIn("'absent'", agent.log())

    def test_a_required_instance_that_fails_later_makes_the_agent_unready(self):
        self.take("process", "hello", "encode_jsonl", "exits_in_run")
        required = collector("exits_in_run", "required = true")
        agent = self.agent(PROCESS + hello() + JSONL + required, host=TIMES)
        wait_for("the socket", lambda: os.path.exists(agent.socket))
        self.gives_up(agent, "exits_in_run", "ended on purpose")
        unready = agent.get("/readyz")
        self.assertEqual(unready.status, 503)
        self.assertIn("required instance 'exits_in_run' is failed", unready.text)
        self.assertEqual(agent.get("/healthz").status, 503)
        self.assertEqual(agent.get("/livez").status, 200)
        self.others_go_on(agent)


if __name__ == "__main__":
    harness.main()
