#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Changing the configuration of a running agent: all or nothing, and what did not change does not notice."""

import random
import signal
import time

import harness
from harness import JSONL, PROCESS, hello, wait_for


class Reload(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("process", "hello", "encode_jsonl")

    def reloads(self, agent):
        page = agent.get("/healthz").json
        return page["reloads_ok"], page["reloads_failed"]

    def by_signal(self, agent):
        before = self.reloads(agent)
        agent.process.send_signal(signal.SIGHUP)
        wait_for("the reload", lambda: self.reloads(agent) != before)

    def by_request(self, agent):
        agent.post("/reload")

    def values(self, agent, instance):
        shown = next(each for each in agent.get("/debug/config").json["instances"] if each["name"] == instance)
        return {each["key"]: each for each in shown["values"]}

    def test_a_reloadable_value_is_applied_without_a_new_incarnation(self):
        for way in (self.by_signal, self.by_request):
            with self.subTest(way.__name__):
                agent = self.agent(PROCESS.replace('"0s"', '"1h"') + JSONL).ready()
                agent.until_state("process", "running")
                agent.write(PROCESS.replace('"0s"', '"1s"') + JSONL)
                way(agent)
                self.assertEqual(self.reloads(agent), (1, 0))
                self.assertEqual(self.values(agent, "process")["scan_interval"]["value"], "1s")
                before = agent.metric("sonde_process_scans_total")
                wait_for("further scans", lambda: agent.metric("sonde_process_scans_total") > before)
                one = agent.instance("process")
                self.assertEqual((one["incarnation"], one["restarts"]), (1, 0))
                self.assertEqual(agent.stop(), 0)

    def test_instances_come_and_go_while_the_others_run_on(self):
        agent = self.agent(hello("one") + hello("two") + JSONL).ready()
        agent.goes_on("one")
        agent.write(hello("one") + hello("three") + JSONL)
        self.by_request(agent)
        agent.goes_on("three")
        wait_for("the second to leave", lambda: agent.instance("two") is None)
        agent.goes_on("one")
        for name in ("one", "encode_jsonl"):
            self.assertEqual(agent.instance(name)["incarnation"], 1)
        self.assertEqual([each["name"] for each in agent.get("/modules").json["modules"]],
                         ["one", "three", "encode_jsonl"])

    def test_a_value_that_needs_a_new_incarnation_gets_one(self):
        agent = self.agent(hello(greeting="before") + JSONL).ready()
        agent.goes_on()
        agent.write(hello(greeting="after") + JSONL)
        self.by_request(agent)
        wait_for("the new greeting", lambda: agent.greetings("hello")[-1]["data_text"] == "after")
        texts = [each["data_text"] for each in agent.greetings("hello")]
        self.assertEqual(texts, sorted(texts, reverse=True))  # never both at once
        wait_for("the status to show it", lambda: agent.instance("hello")["incarnation"] == 2)

    def test_an_invalid_file_changes_nothing_and_is_named_by_line_and_column(self):
        good = hello() + JSONL
        agent = self.agent(good).ready()
        agent.goes_on()
        line = agent.config.read_text().count("\n")
        cases = [('[host\n', f"{line + 1}:"), ('[host]\nlog_level = "loud"\n', f"{line + 2}:"),
                 ('[[collectors]]\ntype = "hello"\nname = "more"\n[collectors.config]\nintervall = "1s"\n',
                  f"{line + 5}:1"),
                 ('[[collectors]]\ntype = "hello"\nname = "more"\n[collectors.config]\ninterval = 3.5\n',
                  f"{line + 5}:12")]
        for number, (more, place) in enumerate(cases, 1):
            with self.subTest(more):
                if number == 2:  # the section may be there only once
                    agent.config.write_text(agent.head.replace("[host]\n", '[host]\nlog_level = "loud"\n') + good)
                    place = "2:"
                else:
                    agent.write(good + more)
                answer = agent.post("/reload")
                self.assertEqual(answer.status, 409, answer.text)
                self.assertIn(f"{agent.config}:{place}", answer.json["error"]["message"])
                self.assertEqual(self.reloads(agent), (0, number))
                page = agent.get("/healthz").json
                self.assertIn(f"{agent.config}:{place}", page["last_reload_error"])
                self.assertEqual(agent.metric("sonde_config_reloads_total", result="failed"), number)
                agent.goes_on()
        self.assertEqual(agent.instance("hello")["incarnation"], 1)
        self.by_signal(agent)
        self.assertIn("the old one stays", agent.log())
        agent.write(good)
        self.by_signal(agent)
        self.assertEqual(self.reloads(agent), (1, len(cases) + 1))
        self.assertEqual(agent.get("/healthz").json["last_reload_error"], "")

    def test_a_newcomer_that_does_not_start_takes_the_whole_change_back(self):
        self.take("throws")
        good = hello(greeting="before") + JSONL
        agent = self.agent(good).ready()
        agent.goes_on()
        agent.write(hello(greeting="after") + JSONL + '[[collectors]]\ntype = "throws_in_configure"\n')
        answer = agent.post("/reload")
        self.assertEqual(answer.status, 409, answer.text)
        self.assertIn("thrown on purpose from configure", answer.text)
        agent.goes_on()
        self.assertEqual(agent.greetings("hello")[-1]["data_text"], "before")
        self.assertIsNone(agent.instance("throws_in_configure"))

    def test_a_storm_of_signals_ends_in_the_last_configuration(self):
        agent = self.agent(hello("g0", greeting="0") + JSONL).ready()
        for number in range(1, 21):
            # Another name each time, so that every reload has something to start and to stop.
            agent.write(hello(f"g{number}", greeting=str(number)) + JSONL)
            agent.process.send_signal(signal.SIGHUP)
        wait_for("the last greeting", lambda: agent.greetings("g20"))
        wait_for("the others to leave", lambda: [each["name"] for each in agent.get("/modules").json["modules"]] ==
                 ["g20", "encode_jsonl"])
        self.assertEqual(self.reloads(agent)[1], 0)
        self.assertEqual(agent.stop(), 0)

    def test_instances_that_leave_and_come_back_at_once_end_up_as_configured(self):
        seed = random.randrange(1 << 30)
        print(f"seed {seed}")
        dice = random.Random(seed)
        states = ["", JSONL, hello("x"), hello() + JSONL, hello(greeting="other") + JSONL, hello("x") + hello() + JSONL]
        agent = self.agent(hello() + JSONL).ready()
        for _ in range(100):
            agent.write(dice.choice(states))
            agent.process.send_signal(signal.SIGHUP)
            time.sleep(dice.choice([0, 0.001, 0.005, 0.02]))
        agent.write(hello("last") + JSONL)
        agent.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "the last greeting:\n" + agent.log()[-3000:], lambda: agent.greetings("last"))
        wait_for("the others to leave", lambda: [each["name"] for each in agent.get("/modules").json["modules"]] ==
                 ["last", "encode_jsonl"])
        agent.goes_on("last")
        self.assertEqual(self.reloads(agent)[1], 0)
        self.assertNotIn("illegal", agent.log())
        self.assertEqual(agent.stop(), 0)

    def test_a_signal_before_the_start_is_over_is_heeded_afterwards(self):
        agent = self.agent(hello("before") + JSONL)
        wait_for("the agent to handle signals", lambda: "msg=\"started\"" in agent.log())
        agent.write(hello("after") + JSONL)
        agent.process.send_signal(signal.SIGHUP)
        wait_for("the later greeting", lambda: agent.greetings("after"))
        wait_for("the earlier one to leave", lambda: agent.instance("before") is None)
        self.assertEqual([each["name"] for each in agent.get("/modules").json["modules"]], ["after", "encode_jsonl"])

    def test_what_takes_effect_at_the_next_start_is_said(self):
        agent = self.agent(hello() + JSONL).ready()
        agent.write("[bus]\nseal_items = 7\n" + hello() + JSONL)
        self.by_request(agent)
        self.assertIn("these settings take effect at the next start: bus.seal_items", agent.log())


if __name__ == "__main__":
    harness.main()
