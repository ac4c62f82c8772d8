#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Restarts by request while events flow."""

import http.client
import threading

import harness
from harness import JSONL, hello


class Restart(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("hello", "encode_jsonl", "process")

    def test_twenty_restarts_of_a_collector_leave_everything_running(self):
        agent = self.agent(hello(interval="1ms") + hello("other") + JSONL).ready()
        for number in range(20):
            answer = agent.post("/modules/hello/restart")
            self.assertEqual((answer.status, answer.json["state"]), (200, "done"), answer.text)
            self.assertEqual(agent.instance("hello")["incarnation"], number + 2)
        agent.goes_on("hello")
        agent.goes_on("other")
        self.assertEqual(agent.instance("hello")["restarts"], 20)
        self.assertEqual([agent.instance(each)["incarnation"] for each in ("other", "encode_jsonl")], [1, 1])
        self.assertEqual(agent.metric("sonde_instance_restarts_total", instance_name="hello"), 20)
        ids = [each["event_id"] for each in agent.lines()]
        self.assertEqual(len(ids), len(set(ids)))  # incarnations never share identities

    def test_restarts_of_an_encoder_lose_nothing(self):
        agent = self.agent(hello(interval="1ms") + JSONL).ready()
        agent.goes_on()
        for _ in range(20):
            self.assertEqual(agent.post("/modules/encode_jsonl/restart").status, 200)
        agent.goes_on()
        self.assertEqual(agent.stop(), 0)
        numbers = [int(each["event_id"], 16) for each in agent.lines()]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))

    def test_requests_to_an_instance_that_restarts_end_and_never_crash(self):
        agent = self.agent(harness.PROCESS + JSONL).ready()
        statuses = set()
        over = threading.Event()

        def ask():
            while not over.is_set():
                try:
                    statuses.add(agent.get("/modules/process/processes?limit=5").status)
                except (OSError, http.client.HTTPException) as broken:
                    statuses.add(repr(broken))
        askers = [threading.Thread(target=ask) for _ in range(3)]
        for each in askers:
            each.start()
        try:
            for _ in range(10):
                self.assertIn(agent.post("/modules/process/restart").status, (200, 409))
        finally:
            over.set()
            for each in askers:
                each.join()
        self.assertLessEqual(statuses, {200, 429, 503}, statuses)
        self.assertIn(200, statuses)
        self.assertEqual(agent.stop(), 0)


if __name__ == "__main__":
    harness.main()
