#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Outputs that fail: what was lost is counted with a reason, the others go on, and it comes back by itself."""

import os
import pathlib
import subprocess

import harness
from harness import JSONL, hello, wait_for


def to_file(path, name="encode_jsonl", more=""):
    return f'[[encoders]]\ntype = "encode_jsonl"\nname = "{name}"\n[encoders.config]\npath = "{path}"\n{more}\n'


class Encoder(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("hello", "encode_jsonl")

    def small_disk(self):
        """A tmpfs with room for a few hundred lines."""
        if os.geteuid() != 0:
            self.skipTest("mounting a tmpfs needs root")
        place = self.dir / "disk"
        place.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=0755", "tmpfs", place],
                                 capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("a tmpfs cannot be mounted here: " + mounted.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", "-l", place], check=False)
        return place

    def test_a_full_disk_is_told_counted_and_recovered_from(self):
        place = self.small_disk()
        ballast = place / "ballast"
        ballast.write_bytes(b"x" * (200 << 10))
        agent = self.agent(hello(interval="1ms", greeting="g" * 200) +
                           to_file(place / "events.jsonl", "small", 'buffer_bytes = "16KiB"') + JSONL).ready()
        full = wait_for("the disk to be full", lambda: (one := agent.instance("small")) and
                        one["reason"] == "disk_full" and one)
        self.assertEqual((full["state"], full["health"]), ("running", "recoverable"))
        wait_for("refused items to be counted", lambda: self.position(agent, "small")["failed"] > 0)
        agent.goes_on()
        self.assertEqual(agent.instance("encode_jsonl")["health"], "ok")
        self.assertEqual(agent.get("/readyz").status, 200)
        self.assertEqual(agent.metric("sonde_instance_health", instance_name="small", reason="disk_full"), 1)

        ballast.unlink()
        wait_for("recovery", lambda: agent.instance("small")["health"] == "ok")
        agent.goes_on(path=place / "events.jsonl")
        self.assertEqual(agent.instance("small")["incarnation"], 1)
        self.assertEqual(agent.stop(), 0)
        written = agent.lines(place / "events.jsonl")  # every line whole, although the disk cut one off
        self.assertTrue(all(each["data_text"] == "g" * 200 for each in written))

    def test_the_age_of_events_is_told_as_a_histogram(self):
        agent = self.agent(hello(interval="10ms") + JSONL).ready()
        wait_for("some lines", lambda: len(agent.lines()) >= 20)
        told = agent.metric("sonde_encode_jsonl_event_age_seconds_count", instance_name="encode_jsonl")
        self.assertGreaterEqual(told, 20)
        self.assertGreaterEqual(agent.metric("sonde_encode_jsonl_event_age_seconds_bucket", le="+Inf"), told)
        stats = agent.get("/modules/encode_jsonl/stats").json
        age = next(each for each in stats["metrics"] if each["name"] == "sonde.encode_jsonl.event.age")
        self.assertEqual((age["kind"], age["unit"]), ("histogram", "ns"))
        self.assertEqual(len(age["counts"]), len(age["bounds"]) + 1)
        self.assertEqual(sum(age["counts"]), age["count"])

    def position(self, agent, subscriber):
        reader = next(each for each in agent.get("/debug/lanes").json["subscriptions"] if each["name"] == subscriber)
        return next(each for each in reader["positions"] if each["topic"] == "raw/hello/")

    def test_a_directory_that_is_missing_is_told_and_waited_for(self):
        place = self.dir / "later"
        agent = self.agent(hello() + to_file(place / "events.jsonl", "missing") + JSONL).ready()
        agent.goes_on()
        missing = wait_for("a report", lambda: (one := agent.instance("missing")) and
                           (one["health"] != "ok" or one["last_error"]) and one)
        self.assertIn("later", missing["text"] + missing["last_error"])
        place.mkdir()
        wait_for("the file", lambda: agent.lines(place / "events.jsonl"))
        self.assertEqual(agent.stop(), 0)

    def test_a_file_that_is_moved_away_is_written_anew(self):
        file = self.dir / "events.jsonl"
        agent = self.agent(hello() + to_file(file)).ready()
        agent.goes_on(path=file)
        file.rename(self.dir / "moved.jsonl")
        wait_for("a new file", lambda: agent.lines(file))
        agent.goes_on(path=file)
        self.assertEqual(agent.stop(), 0)
        ids = [each["event_id"] for each in agent.lines(self.dir / "moved.jsonl") + agent.lines(file)]
        self.assertEqual(len(ids), len(set(ids)))
        numbers = [int(each, 16) for each in ids]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(ids))))  # nothing was left out

    def test_a_file_rotates_by_size_and_loses_nothing(self):
        file = self.dir / "events.jsonl"
        agent = self.agent(hello(interval="1ms", greeting="g" * 500) +
                           to_file(file, more='rotate_bytes = "20KiB"\nrotate_files = 1000')).ready()
        wait_for("three rotations", lambda: pathlib.Path(f"{file}.3").exists())
        self.assertEqual(agent.stop(), 0)
        files = sorted(self.dir.glob("events.jsonl.*"), key=lambda each: -int(each.suffix[1:])) + [file]
        self.assertTrue(all(each.stat().st_size <= 20 << 10 for each in files))
        numbers = [int(line["event_id"], 16) for each in files for line in agent.lines(each)]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))

    def test_everything_produced_before_a_stop_is_written(self):
        file = self.dir / "events.jsonl"
        agent = self.agent(hello(interval="1ms") + to_file(file)).ready()
        wait_for("some lines", lambda: len(agent.lines(file)) > 50)
        before = agent.get("/debug/lanes").json["lanes"][0]["streams"][0]["committed"]
        self.assertEqual(agent.stop(), 0)
        self.assertGreaterEqual(len(agent.lines(file)), before)


if __name__ == "__main__":
    harness.main()
