#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Unified events of a running agent: an exec with its context and the reasons for what is missing, entities, recordings
and their replay."""

import json
import os
import subprocess

import harness
from harness import JSONL, PROCESS, sonde, wait_for

CONTEXT = '[[enrichers]]\ntype = "enrich_context"\n'
UNIFIED = JSONL + 'topics = ["event/", "conn/", "entity/"]\n'


class Context(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("process", "enrich_context", "encode_jsonl")

    def observing(self, more=""):
        agent = self.agent(PROCESS + CONTEXT + more + UNIFIED).ready()
        # Until the collector hears of processes, and all the way through.
        wait_for("a first event:\n" + agent.log(),
                 lambda: subprocess.run(["true"], check=True) and self.unified(agent))
        return agent

    @staticmethod
    def unified(agent, kind=None):
        return [each for each in agent.lines() if each["content_type"] == "sonde.v1.UnifiedEvent"
                and kind in (None, each["payload"]["type"])]

    def script(self, name):
        path = self.dir / name
        path.write_text("#!/bin/sh\nread -r line\nexit 7\n")
        path.chmod(0o755)
        return path

    def test_an_exec_has_context_and_reasons_for_what_is_missing(self):
        agent = self.observing()
        child = subprocess.Popen([self.script("e2e-context"), "word"], stdin=subprocess.PIPE)
        seen = wait_for("its exec", lambda: [each for each in self.unified(agent, "process.exec")
                                             if each.get("pid") == child.pid])[0]
        child.communicate(b"\n")
        payload = seen["payload"]
        self.assertEqual(seen["topic"], "event/process/")
        self.assertEqual(seen["source"], "enrich_context")
        self.assertEqual(payload["source"], "process")
        self.assertEqual(payload["severity"], "info")
        self.assertEqual(payload["process"]["process"]["pid"], child.pid)
        self.assertEqual(payload["context"]["process"]["pid"], child.pid)
        self.assertEqual(payload["context"]["host"]["kernel_release"], os.uname().release)
        sections = {each["section"]: each["reason"] for each in payload["context"].get("missing", [])}
        self.assertTrue(sections, "a pod cannot be known here")
        gone = wait_for("its exit", lambda: [each for each in self.unified(agent, "process.exit")
                                             if each.get("pid") == child.pid])[0]
        self.assertGreater(gone["time_unix_nano"], seen["time_unix_nano"])
        check = agent.get("/modules/enrich_context/check").json
        self.assertEqual(check["taken"], check["published"] + check["held"] + sum(check["dropped"].values()))

    def test_unified_events_have_the_identities_of_the_raw_ones(self):
        self.take("hello")
        agent = self.agent(harness.hello() + CONTEXT + JSONL).ready()
        raw = wait_for("raw and unified events", lambda: {each["event_id"] for each in agent.lines()
                                                          if each["topic"].startswith("raw/")})
        unified = wait_for("unified events", lambda: [each for each in self.unified(agent)
                                                      if each["event_id"] in raw])
        self.assertEqual(unified[0]["payload"]["type"], "unknown")
        self.assertEqual(unified[0]["topic"], "event/generic/")
        faults = agent.get("/modules/enrich_context/check").json["faults"]
        self.assertEqual([(each["source"], each["kind"], each["reason"]) for each in faults],
                         [("hello", "unknown", "content_type")])

    def test_entities_are_shown_for_people_and_programs(self):
        agent = self.observing()
        shown = sonde("entities", "process", "--socket", agent.socket)
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        self.assertTrue(shown.stdout.startswith("PID"), shown.stdout[:200])
        self.assertRegex(shown.stdout, rf"(?m)^{agent.pid} ")
        told = json.loads(sonde("entities", "process", "--filter", f'"pid":{agent.pid},', "--json",
                                "--socket", agent.socket).stdout)["entities"]
        self.assertEqual([each["payload"]["process"]["pid"] for each in told], [agent.pid])
        host = json.loads(sonde("entities", "host", "--json", "--socket", agent.socket).stdout)["entities"]
        self.assertEqual(host[0]["payload"]["host"]["kernel_release"], os.uname().release)
        refused = sonde("entities", "planet", "--socket", agent.socket)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("pod, container, process", refused.stderr)

    def test_a_recording_replays_to_equal_events(self):
        agent = self.observing()
        file = self.dir / "batches.rec"
        with subprocess.Popen([harness.SONDE, "tap", "raw/", "--record", str(file), "--count", "40",
                               "--socket", agent.socket], stderr=subprocess.PIPE, text=True,
                              env=harness.environment()) as recorder:
            wait_for("a recording", lambda: subprocess.run(["true"], check=True) and recorder.poll() is not None)
            self.assertIn('"tap":"end"', recorder.stderr.read())
            self.assertEqual(recorder.returncode, 0)
        first, second = (self.replay(agent, file) for _ in range(2))
        self.assertEqual(first.stdout, second.stdout)
        events = [json.loads(line) for line in first.stdout.splitlines()]
        replayed = {each["event_id"] for each in events if each["content_type"] == "sonde.v1.UnifiedEvent"
                    and not each["payload"].get("is_amendment")}
        self.assertTrue(replayed)
        wait_for("the same events live", lambda: replayed <= {each["event_id"] for each in self.unified(agent)})

        whole = file.read_bytes()
        file.write_bytes(whole[:-3])
        self.assertEqual(self.replay(agent, file).returncode, 1)
        file.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
        damaged = self.replay(agent, file)
        self.assertEqual(damaged.returncode, 1)
        self.assertIn("checksum", damaged.stderr)
        self.assertEqual(self.replay(agent, self.dir / "nowhere").returncode, 1)

    def replay(self, agent, file):
        return sonde("replay", file, "--config", agent.config, "--plugin-dir", self.shelf, "--json")

    def test_a_slow_consumer_does_not_delay_another(self):
        pipe = self.dir / "pipe"
        os.mkfifo(pipe)
        slow = '[[encoders]]\ntype = "encode_jsonl"\nname = "slow"\ntopics = ["event/"]\n[encoders.config]\n' \
               f'path = "{pipe}"\nbuffer_bytes = "4KiB"\n'
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # never reads
        self.addCleanup(os.close, reader)
        agent = self.observing(slow)
        for _ in range(3):
            before = len(self.unified(agent))
            wait_for("further events", lambda: subprocess.run(["true"], check=True)
                     and len(self.unified(agent)) > before + 20)

    def test_a_late_subscriber_is_told_all_entities(self):
        agent = self.observing()
        with subprocess.Popen([harness.SONDE, "tap", "entity/host/", "--snapshot", "--count", "1", "--json",
                               "--socket", agent.socket], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              env=harness.environment()) as tap:
            line = json.loads(tap.stdout.readline())
        self.assertTrue(line["snapshot"])
        self.assertEqual(line["payload"]["host"]["kernel_release"], os.uname().release)


if __name__ == "__main__":
    harness.main()
