#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Kubernetes collector, with its default pauses, whose API server is cut off for a while: its watches listen only, so
nothing that it sends would show that."""

import pathlib
import sys
import unittest

from cut_case import Cut, switch
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support" / "k8s"))
import harness
import objects
import server
from harness import wait_for

ENCODER = '[[encoders]]\ntype = "encode_jsonl"\ndelivery = "lossless"\n'


@unittest.skipIf(switch.why_not(), switch.why_not())
class KubernetesCut(Cut):
    def test_what_changed_meanwhile_is_told_once_and_soon(self):
        self.take("k8s", "encode_jsonl")
        with self.switch.at_far():
            api = server.ApiServer(self.dir, address=switch.FAR)
            api.load([objects.namespace("shop"), objects.node("node-a")])
            api.start()
        self.addCleanup(api.stop)
        (self.dir / "token").write_text("good-token\n")
        agent = self.agent("\n".join([
            '[[collectors]]', 'type = "k8s"', "[collectors.config]", f'server = "{api.url}"', 'start_jitter = "0s"',
            f'token_file = "{self.dir}/token"', f'ca_file = "{api.authority.certificate}"', ENCODER]),
            wrap=self.switch.wrap).ready()
        check = lambda: agent.get("/modules/k8s/check").json
        wait_for(lambda: f"all kinds: {check()}\n{agent.log()}", lambda: check().get("synced"))
        with self.pulled():
            for number in range(20):
                api.apply(objects.pod(f"web-{number}", "shop"))
        pods = lambda: [each["payload"] for each in agent.lines() if each["payload"].get("kind") == "Pod" and
                        each["payload"]["action"] != "synced"]
        self.first_after_return(agent, lambda each: each["payload"].get("kind") == "Pod" and
                                each["payload"]["action"] == "added")
        wait_for(lambda: f"20 pods: {pods()}", lambda: len(pods()) >= 20)
        api.apply(objects.pod("last", "shop"))
        wait_for(lambda: f"the last pod: {pods()[-1]}", lambda: pods()[-1]["name"] == "last")
        self.assertEqual(sorted((each["action"], each["name"]) for each in pods()),
                         sorted(("added", name) for name in ["last", *(f"web-{number}" for number in range(20))]))


if __name__ == "__main__":
    harness.main()
