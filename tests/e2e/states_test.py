#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Events of a cluster's objects say what changed and what is lacking, through the whole agent; what changed while the
connection was cut is told without a duration, and what did not change not at all."""

import copy
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support" / "k8s"))
import cluster
import harness
import objects
import server
from harness import JSONL, wait_for

CONFIG = cluster.COLLECTOR + """[[enrichers]]
type = "enrich_context"
""" + JSONL + 'topics = ["event/"]\n'


def changed(pod, status, time):
    made = copy.deepcopy(pod)
    made["status"]["conditions"][0] = {"type": "Ready", "status": status, "lastTransitionTime": time}
    return made


class States(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("k8s", "enrich_context", "encode_jsonl")
        self.api = server.ApiServer(self.dir)
        self.pod = objects.pod("web-1", "shop")
        self.deployment = objects.deployment("web", "shop")
        self.api.load([objects.namespace("kube-system"), objects.namespace("shop"), objects.node("node-a"), self.pod,
                       self.deployment])
        self.api.start()
        self.addCleanup(self.api.stop)
        token = self.dir / "token"
        token.write_text("good-token\n")
        self.config = CONFIG.format(url=self.api.url, token=token, ca=self.api.authority.certificate)

    def follow(self):
        agent = self.agent(self.config).ready()
        wait_for(lambda: "objects:\n" + agent.log(), lambda: agent.get("/modules/k8s/check").json.get("synced"))
        return agent

    def events(self, agent, type_):
        return [each["payload"] for each in agent.lines() if each["payload"].get("type") == type_]

    def until(self, agent, type_, count):
        return wait_for(lambda: f"{count} of {type_}:\n{agent.log()}",
                        lambda: (all_ := self.events(agent, type_)) and len(all_) >= count and all_)

    def test_a_pod_that_is_no_longer_ready_says_what_it_was_and_for_how_long(self):
        agent = self.follow()
        self.api.apply(changed(self.pod, "False", "2026-11-21T02:44:59Z"))
        event = self.until(agent, "k8s.pod.modified", 1)[0]
        self.assertEqual(event["state_changes"], [
            {"name": "Ready", "previous": "True", "current": "False", "since_unix_nano": 1_795_229_099_000_000_000,
             "previous_duration": 90_000_000_000}])
        self.assertEqual(event["entity_key"], "pod:" + self.pod["metadata"]["uid"])

    def test_what_changed_while_the_connection_was_cut_is_told_once_and_without_a_duration(self):
        agent = self.follow()
        self.api.compact()
        self.api.cut_all("pods")
        self.api.apply(changed(self.pod, "False", "2026-11-21T02:44:59Z"))
        event = self.until(agent, "k8s.pod.modified", 1)[0]
        self.assertEqual([(each["name"], each["previous"], each["current"]) for each in event["state_changes"]],
                         [("Ready", "True", "False")])
        self.assertEqual(event["kubernetes"]["origin"], "relist")
        self.assertNotIn("previous_duration", event["state_changes"][0])
        self.api.cut_all("pods")
        self.api.apply(changed(self.pod, "True", "2026-11-21T02:45:09Z"))
        later = self.until(agent, "k8s.pod.modified", 2)[1]
        self.assertEqual([(each["previous"], each["current"]) for each in later["state_changes"]], [("False", "True")])
        self.assertEqual(len(self.events(agent, "k8s.pod.modified")), 2)

    def test_a_deployment_of_three_with_two_ready_lacks_one(self):
        agent = self.follow()
        self.deployment["spec"]["replicas"] = 3
        self.deployment["status"] = {"replicas": 3, "updatedReplicas": 3, "readyReplicas": 2, "availableReplicas": 2,
                                     "observedGeneration": 1}
        self.api.apply(self.deployment)
        event = self.until(agent, "k8s.deployment.modified", 1)[0]
        lacking = {"field": "readyReplicas", "desired": 3, "actual": 2}
        self.assertEqual(event["resource_state"], {**lacking, "divergences": [lacking]})


if __name__ == "__main__":
    harness.main()
