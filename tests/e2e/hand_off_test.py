#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Unified events are handed on to whoever correlates them. If that fails, or never comes back, it is an error that is
counted there; everybody else gets every event."""

import subprocess

import harness
from harness import PROCESS, wait_for

TIMES = 'stop_timeout = "300ms"\ndrain_timeout = "200ms"\n'
CONTEXT = '[[enrichers]]\ntype = "enrich_context"\n'
OUTPUT = '[[encoders]]\ntype = "encode_jsonl"\ndelivery = "lossless"\ntopics = ["event/"]\n'
RUNS = 300
OK, WEDGED = 0, 3


class HandOff(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("process", "enrich_context", "encode_jsonl", "fails_in_consume")

    def beside(self, correlator, more=""):
        agent = self.agent(PROCESS + CONTEXT + f'[[enrichers]]\ntype = "{correlator}"\n{more}' + OUTPUT, host=TIMES).ready()
        wait_for("a first event:\n" + agent.log(), lambda: self.run_one(agent, self.execs(agent)))
        return agent

    @staticmethod
    def run_one(_, found):
        subprocess.run(["true"], check=True)
        return found

    @staticmethod
    def execs(agent):
        """Amendments are the same event again."""
        return [each["pid"] for each in agent.lines()
                if each["payload"].get("type") == "process.exec" and not each["payload"].get("is_amendment")]

    def everybody_else_hears_everything(self, agent):
        ran = []
        for _ in range(RUNS):
            with subprocess.Popen(["true"]) as one:
                ran.append(one.pid)
        wait_for(lambda: f"all of them: {len(set(ran) - set(self.execs(agent)))} are missing",
                 lambda: set(ran) <= set(self.execs(agent)))
        self.assertEqual(sorted(each for each in self.execs(agent) if each in ran), sorted(ran), "each once")
        for each in ("process", "enrich_context", "encode_jsonl"):
            one = agent.instance(each)
            self.assertEqual((one["state"], one["incarnation"]), ("running", 1), one)
        self.assertEqual(agent.metric("sonde_subscription_lost_items_total", subscription="encode_jsonl"), 0)

    def test_one_that_throws_is_counted_and_nothing_is_lost(self):
        agent = self.beside("throws_in_consume")
        self.everybody_else_hears_everything(agent)

        def handed():
            return (agent.metric("sonde_subscription_failed_items_total", subscription="throws_in_consume"),
                    agent.metric("sonde_subscription_delivered_items_total", subscription="encode_jsonl"))
        failed, delivered = wait_for("what it was given to fail", lambda: (now := handed())[0] >= RUNS and now)
        print(f"{failed:.0f} events failed there, {delivered:.0f} were written")
        self.assertIn("thrown on purpose", agent.log())
        self.assertEqual(agent.stop(), OK)

    def test_one_that_never_comes_back_holds_up_nobody(self):
        agent = self.beside("hangs_in_consume")
        self.everybody_else_hears_everything(agent)
        self.assertEqual(agent.metric("sonde_subscription_delivered_items_total", subscription="hangs_in_consume"), 0)
        self.assertEqual(agent.stop(), WEDGED)
        self.assertIn("hangs_in_consume", agent.log())


if __name__ == "__main__":
    harness.main()
