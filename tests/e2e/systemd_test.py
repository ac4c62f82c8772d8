#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The systemd collector in a running agent, beside a real systemd, its bus and its journald in their own namespaces."""

import base64
import collections
import os
import pathlib
import random
import signal
import tempfile
import threading
import time
import unittest

from systemd_case import ENCODER, Systemd, WithMachine
import harness
import journals
import machine
from harness import wait_for


@unittest.skipIf(machine.why_not(), machine.why_not())
class Units(WithMachine):
    def following(self, *lines):
        return self.synced(self.agent(self.units_only(self.machine.bus, *lines)).ready())

    def test_stop_and_start_of_a_listed_unit_are_two_events_and_of_another_none(self):
        for name in ("steady.service", "other.service"):
            self.machine.start(name)
        agent = self.following('unit_names = ["steady.service"]')
        for name in ("other.service", "steady.service"):
            self.machine.stop(name)
            wait_for("the stop", lambda: self.machine.inside("systemctl", "is-active", name).stdout.strip() == "inactive")
            self.machine.start(name)
        found = wait_for("two events", lambda: (lambda all: all if len(all) >= 2 else None)(self.units(agent)))
        time.sleep(0.3)
        found = self.units(agent)
        self.assertEqual([(each["name"], each["active_state"], each["sub_state"]) for each in found],
                         [("steady.service", "inactive", "dead"), ("steady.service", "active", "running")], found)
        self.assertGreater(found[1]["main_pid"], 1)
        self.assertEqual(len(found[1]["invocation_id"]), 32)
        listed = [each["name"] for each in self.payloads(agent, "SystemdUnitEvent") if each["action"] == "listed"]
        self.assertEqual(listed, ["steady.service"])

    def test_failures_come_with_result_and_exit_code(self):
        self.machine.start("steady.service")
        agent = self.following()
        self.machine.start("exits.service")
        failed = wait_for(lambda: f"the failure: {self.units(agent)}", lambda: next(
            (each for each in self.units(agent, "exits.service") if each["active_state"] == "failed"), None))
        self.assertEqual((failed["result"], failed["exit_code"], failed.get("exit_signal")), ("exit-code", 3, None))
        pid = wait_for("its process", lambda: next(
            (each["main_pid"] for each in agent.get("/modules/systemd/units").json if each["name"] == "steady.service"), 0))
        self.machine.inside("kill", "-KILL", str(pid))
        killed = wait_for(lambda: f"the kill: {self.units(agent)}", lambda: next(
            (each for each in self.units(agent, "steady.service") if each["active_state"] == "failed"), None))
        self.assertEqual((killed["result"], killed["exit_signal"], killed.get("exit_code")), ("signal", 9, None))
        self.machine.start("flaps.service")
        # Two runs, then the limit. systemd keeps the first failure of a run as its result.
        limit = wait_for(lambda: f"the limit: {self.units(agent, 'flaps.service')}", lambda: next(
            (each for each in self.units(agent, "flaps.service")
             if each["active_state"] == "failed" and each.get("restarts", 0) >= 1), None))
        self.assertIn(limit["result"], ("exit-code", "start-limit-hit"))
        self.assertEqual(limit["exit_code"], 4)
        wait_for("the count", lambda: agent.metric("sonde_systemd_units", state="failed") == 3)
        failed = {each["name"] for each in agent.get("/modules/systemd/units?state=failed").json}
        self.assertEqual(failed, {"exits.service", "flaps.service", "steady.service"})
        self.machine.call("ResetFailed")

    def test_a_restart_is_a_job_that_is_done(self):
        self.machine.start("steady.service")
        wait_for("the start", lambda: self.machine.inside("systemctl", "is-active", "steady.service").returncode == 0)
        agent = self.following()
        self.machine.restart("steady.service")
        jobs = wait_for("the job", lambda: (lambda all: all if len(all) >= 2 else None)(
            [each for each in self.payloads(agent, "SystemdJobEvent") if each["unit"] == "steady.service"]))
        self.assertEqual([each["action"] for each in jobs], ["new", "removed"])
        self.assertEqual(jobs[1]["result"], "done")
        self.assertEqual(jobs[0]["id"], jobs[1]["id"])
        self.assertIn(jobs[0].get("type", ""), ("restart", "start", ""))

    def test_a_bus_that_goes_away_is_found_again(self):
        self.machine.start("steady.service")
        agent = self.following('unit_names = ["steady.service", "other.service"]')
        self.machine.inside("pkill", "-KILL", "-x", "dbus-daemon")  # within the pid namespace of the test's systemd
        wait_for(lambda: f"the failure: {self.check(agent)}", lambda: agent.metric("sonde_systemd_bus_failures_total") >= 1)
        self.machine.inside("systemctl", "start", "dbus.socket", "dbus.service")
        wait_for(lambda: f"the bus: {self.check(agent)}", lambda: self.machine.answers() and self.check(agent)["ok"])
        self.machine.stop("steady.service")
        wait_for(lambda: f"the stop: {self.units(agent)}", lambda: any(
            each["active_state"] == "inactive" for each in self.units(agent, "steady.service")))
        self.assertGreaterEqual(agent.metric("sonde_systemd_bus_connects_total"), 2)

    def test_systemd_that_starts_itself_anew_is_followed(self):
        self.machine.start("steady.service")
        agent = self.following('unit_names = ["steady.service", "once.service"]')
        for method in ("Reload", "Reexecute"):
            self.machine.call(method)
            wait_for("an answer", self.machine.answers)
        wait_for(lambda: f"health: {self.check(agent)}", lambda: self.check(agent)["ok"])
        self.machine.stop("steady.service")
        wait_for(lambda: f"the stop: {self.units(agent)}", lambda: [
            each["active_state"] for each in self.units(agent, "steady.service")][-1:] == ["inactive"])
        self.machine.start("once.service")
        run = wait_for(lambda: f"the run: {self.units(agent)}", lambda: self.units(agent, "once.service"))[-1]
        self.assertEqual((run["active_state"], run["result"], run["exit_code"]), ("inactive", "success", 0))

    def test_its_own_socket_will_do_and_samples_come(self):
        self.machine.start("steady.service")
        # There systemd knows its peers by their process ids only, so the agent runs in the same pid namespace.
        config = self.units_only(self.machine.private, 'sample_interval = "200ms"')
        agent = self.agent(config, wrap=("nsenter", "-t", str(self.machine.init()), "-p")).ready()
        child = int(pathlib.Path(f"/proc/{agent.pid}/task/{agent.pid}/children").read_text())
        self.addCleanup(agent.process.wait, harness.PATIENCE)
        self.addCleanup(os.kill, child, signal.SIGTERM)
        self.synced(agent)
        sample = wait_for("a sample", lambda: self.units(agent, "steady.service", ("sampled",)))[0]
        self.assertGreater(sample["cpu_time_ns"], 0)
        self.machine.stop("steady.service")
        wait_for("the stop", lambda: any(each["active_state"] == "inactive" for each in self.units(agent, "steady.service")))
        self.assertEqual(self.check(agent)["reason"], "units_only")

    def test_a_late_subscriber_gets_a_snapshot(self):
        self.machine.start("steady.service")
        agent = self.following('unit_names = ["steady.service"]')
        done = harness.sonde("tap", "raw/systemd/unit/", "--socket", agent.socket, "--snapshot", "--count", "2")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([harness.json.loads(line)["payload"]["action"] for line in done.stdout.splitlines()],
                         ["listed", "synced"])


@unittest.skipIf(machine.why_not(), machine.why_not())
class Journal(WithMachine):
    def log(self, **fields):
        journals.send(self.machine.dir / "run/systemd/journal/socket", fields)

    def reading(self, *lines, **more):
        return self.agent(self.journal_only(self.machine.journal, *lines), **more).ready()

    def test_entries_come_with_all_that_the_journal_knows(self):
        agent = self.reading()
        mark = f"plain {random.random()}"
        self.log(MESSAGE=mark, PRIORITY="4", SYSLOG_IDENTIFIER="tester", NOVELTY="one", CODE_LINE="12")
        self.until_messages(agent, [mark])
        found = next(each for each in self.entries(agent) if each.get("message") == mark)
        self.assertEqual((found["priority"], found["identifier"]), (4, "tester"))
        self.assertIn({"name": "NOVELTY", "text": "one"}, found["fields"])
        self.assertEqual(len(found["boot_id"]), 32)
        self.assertEqual(len(found["machine_id"]), 32)
        self.assertEqual(found["transport"], "journal")
        line = next(each for each in agent.lines() if each["payload"].get("cursor") == found["cursor"])
        self.assertEqual(line["attributes"] if "attributes" in line else {}, {})
        self.machine.start("exits.service")
        about = wait_for("what systemd says", lambda: [
            each for each in self.entries(agent) if each.get("about_unit") == "exits.service"])
        self.assertEqual((about[0]["pid"], about[0]["uid"], about[0]["gid"], about[0]["comm"]), (1, 0, 0, "systemd"))
        self.assertEqual(agent.metric("sonde_systemd_journal_entries_total"), len(self.entries(agent)))

    def test_binary_and_large_messages_come_whole_or_marked(self):
        agent = self.reading('field_limit = "100KiB"')
        binary = bytes(range(256))
        self.log(MESSAGE=binary, NOVELTY="binary")
        self.log(MESSAGE="é" * 40_000, NOVELTY="whole")
        self.log(MESSAGE="x" * 1_000_000, NOVELTY="cut")
        novel = lambda: {field["text"]: each for each in self.entries(agent) for field in each.get("fields", [])
                         if field["name"] == "NOVELTY"}
        wait_for(lambda: f"three entries: {novel().keys()}", lambda: {"binary", "whole", "cut"} <= set(novel()))
        found = novel()
        self.assertEqual(base64.b64decode(found["binary"]["message_binary"]), binary)
        self.assertEqual(found["whole"]["message"], "é" * 40_000)
        self.assertFalse(found["whole"].get("message_truncated", False))
        self.assertEqual(found["cut"]["message"], "x" * 102_400)
        self.assertTrue(found["cut"]["message_truncated"])
        self.assertEqual(agent.metric("sonde_systemd_journal_truncated_total"), 1)

    def test_filters_choose(self):
        for name in ("steady.service", "other.service"):
            self.machine.restart(name)
        agents = {
            "priority": self.reading('journal_priority = "err"', 'state_name = "a"', run_dir=tempfile.mkdtemp()),
            "units": self.reading('journal_units = ["steady.service"]', 'state_name = "b"', run_dir=tempfile.mkdtemp()),
            "patterns": self.reading('journal_units = ["st*.service"]', 'state_name = "c"', run_dir=tempfile.mkdtemp()),
            "matches": self.reading('journal_matches = ["NOVELTY=a", "NOVELTY=b", "+", "CHOICE=c"]',
                                    'journal_fields = ["CHOICE"]', 'state_name = "d"', run_dir=tempfile.mkdtemp()),
        }
        for each in agents.values():
            self.addCleanup(harness.shutil.rmtree, each.run_dir, ignore_errors=True)
        self.log(MESSAGE="bad", PRIORITY="3", NOVELTY="a", CHOICE="x")
        self.log(MESSAGE="good", PRIORITY="6", NOVELTY="b")
        self.log(MESSAGE="third", PRIORITY="6", CHOICE="c")
        self.log(MESSAGE="fourth", PRIORITY="6", NOVELTY="z")
        self.until_messages(agents["priority"], ["bad"])
        self.until_messages(agents["matches"], ["bad", "good", "third"])
        self.assertTrue(all(each["priority"] <= 3 for each in self.entries(agents["priority"])))
        self.assertNotIn("fourth", [each.get("message") for each in self.entries(agents["matches"])])
        self.assertEqual({field["name"] for each in self.entries(agents["matches"]) for field in each.get("fields", [])},
                         {"CHOICE"})
        for name in ("units", "patterns"):
            found = wait_for(name, lambda: self.entries(agents[name]))
            self.assertEqual({each.get("about_unit", each.get("unit")) for each in found}, {"steady.service"})

    def test_nothing_is_lost_over_restarts_at_random_points_and_repeats_are_known(self):
        seed = random.randrange(1 << 32)
        print(f"seed {seed}", flush=True)
        chance = random.Random(seed)
        agent, numbers, stop = self.reading('settle = "500ms"'), [], threading.Event()

        def write():
            while not stop.is_set():
                self.log(MESSAGE=f"number {len(numbers)}", PRIORITY="6")
                numbers.append(len(numbers))
                time.sleep(chance.random() * 0.004)
        writer = threading.Thread(target=write)
        writer.start()
        told, kills = [], 0
        for turn in range(10):
            time.sleep(chance.random() * 0.8)
            if turn % 2:
                agent.stop(signal.SIGKILL)
                kills += 1
            else:
                self.assertEqual(agent.stop(), 0)
                if turn == 4:  # rotation and vacuum under way
                    self.machine.inside("journalctl", "--rotate")
            told.append((turn % 2, agent.lines()))
            agent = self.reading('settle = "500ms"')
        stop.set()
        writer.join()
        self.until_messages(agent, [f"number {len(numbers) - 1}"])
        self.assertEqual(agent.stop(), 0)
        told.append((0, agent.lines()))
        ids, order, repeated = {}, [], 0
        for _, lines in told:
            for line in lines:
                message = line["payload"].get("message", "")
                if not message.startswith("number "):
                    continue
                if line["event_id"] in ids:
                    self.assertEqual(ids[line["event_id"]], message)
                    repeated += 1
                else:
                    ids[line["event_id"]] = message
                    order.append(int(message.split()[1]))
        self.assertEqual(order, numbers, "all, once each, in order, after repeats are taken out by their event ids")
        print(f"{len(numbers)} entries, {kills} kills, {repeated} repeats", flush=True)

    def test_clean_restarts_repeat_nothing(self):
        agent = self.reading()
        every = []
        for turn in range(4):
            mark = f"turn {turn} {random.random()}"
            self.log(MESSAGE=mark)
            self.until_messages(agent, [mark])
            self.assertEqual(agent.stop(), 0)
            every += [each["cursor"] for each in self.entries(agent)]
            self.log(MESSAGE=f"while away {turn}")
            agent = self.reading()
        self.until_messages(agent, ["while away 3"])
        every += [each["cursor"] for each in self.entries(agent)]
        self.assertEqual([each for each, count in collections.Counter(every).items() if count > 1], [])

    def test_rotation_and_vacuum_under_way_lose_nothing_that_was_there(self):
        agent = self.reading()
        for turn in range(5):
            for number in range(200):
                self.log(MESSAGE=f"rotated {turn} {number}")
            self.until_messages(agent, [f"rotated {turn} 199"])
            self.machine.inside("journalctl", "--rotate")
            self.machine.inside("journalctl", "--vacuum-files=1")
        found = [each["message"] for each in self.entries(agent) if each.get("message", "").startswith("rotated ")]
        self.assertEqual(found, [f"rotated {turn} {number}" for turn in range(5) for number in range(200)])
        self.assertTrue(self.check(agent)["ok"])

    def test_both_halves_work_together(self):
        agent = self.agent(self.options(f'bus_address = "{self.machine.bus}"',
                                        f'journal_directory = "{self.machine.journal}"')).ready()
        self.synced(agent)
        check = wait_for("health", lambda: (lambda it: it if it["ok"] else None)(self.check(agent)))
        self.assertEqual((check["units"]["state"], check["journal"]["state"]), ("working", "working"))
        self.assertEqual(self.entries(agent), [], "it begins at the end")
        self.log(MESSAGE="news")
        self.until_messages(agent, ["news"])


@unittest.skipIf(journals.why_not(), journals.why_not())
class Files(Systemd):
    """Journals that systemd-journal-remote writes from the export format."""

    def setUp(self):
        super().setUp()
        self.journal = self.dir / "journal"
        self.journal.mkdir()

    def reading(self, *lines):
        return self.agent(self.journal_only(self.journal, *lines)).ready()

    def test_binary_and_large_fields_of_foreign_journals_come(self):
        large = os.urandom(700_000)
        journals.write(self.journal / "one.journal", [
            {"MESSAGE": "text", "PRIORITY": "5"}, {"MESSAGE": b"\x00\xff\n", "LARGE": large}, {"MESSAGE": "after"}])
        agent = self.reading('field_limit = "300KiB"')
        self.until_messages(agent, ["text", "after"])
        entry = self.entries(agent)[1]
        self.assertEqual(base64.b64decode(entry["message_binary"]), b"\x00\xff\n")
        field = next(each for each in entry["fields"] if each["name"] == "LARGE")
        self.assertEqual(base64.b64decode(field["binary"]), large[: 300 << 10])
        self.assertTrue(field["truncated"])

    def test_a_corrupt_file_is_named_and_the_others_are_read(self):
        journals.write(self.journal / "good.journal", [{"MESSAGE": "good"}])
        journals.write(self.journal / "cut.journal", [{"MESSAGE": f"cut {i}"} for i in range(100)])
        os.truncate(self.journal / "cut.journal", 4096)
        (self.journal / "other.journal").write_bytes(b"no journal at all" * 100)
        agent = self.reading()
        self.until_messages(agent, ["good"])
        check = wait_for("the report", lambda: (lambda it: it if it.get("reason") else None)(
            dict(self.check(agent), reason=self.check(agent)["journal"].get("reason"))))
        self.assertEqual(check["reason"], "journal_corrupt")
        self.assertEqual(check["journal"]["files_corrupt"], 2)
        self.assertEqual(agent.metric("sonde_systemd_journal_files", state="corrupt"), 2)

    def test_flipped_bytes_do_not_end_the_agent(self):
        seed = random.randrange(1 << 32)
        print(f"seed {seed}", flush=True)
        chance = random.Random(seed)
        for number in range(5):
            path = self.journal / f"{number}.journal"
            journals.write(path, [{"MESSAGE": f"{number} {i}", "N": "x" * 50} for i in range(200)])
            damaged = bytearray(path.read_bytes())
            for _ in range(200):
                damaged[chance.randrange(300, len(damaged))] ^= 1 << chance.randrange(8)
            path.write_bytes(damaged)
        journals.write(self.journal / "good.journal", [{"MESSAGE": "good"}])
        agent = self.reading()
        self.until_messages(agent, ["good"])
        self.assertEqual(agent.stop(), 0)

    def test_a_corrupt_position_is_set_aside_and_named(self):
        journals.write(self.journal / "one.journal", [{"MESSAGE": "first"}])
        self.state.mkdir()
        (self.state / "systemd.positions").write_text("nonsense")
        agent = self.reading()
        self.until_messages(agent, ["first"])
        self.assertEqual(self.check(agent)["journal"]["reason"], "position_corrupt")
        self.assertEqual((self.state / "systemd.positions.corrupt").read_text(), "nonsense")
        self.assertEqual(agent.metric("sonde_systemd_journal_positions_lost_total"), 1)

    def test_a_full_lane_is_waited_for(self):
        journals.write(self.journal / "one.journal", [{"MESSAGE": f"{i} " + "x" * 2000} for i in range(3000)])
        reader, writer = os.pipe()  # nobody reads it: what is written to it stays in the way
        self.addCleanup(os.close, reader)
        agent = self.agent(self.journal_only(self.journal), stdout=writer,
                           host='[bus]\nlane_budget = "256KiB"\nrecord_limit = "64KiB"\n').ready()
        os.close(writer)
        wait_for(lambda: f"all entries: {self.check(agent)}",
                 lambda: agent.metric("sonde_lane_produced_items_total", lane="systemd") == 3000)
        self.assertGreater(agent.metric("sonde_systemd_journal_waits_total"), 0)
        self.assertEqual(agent.metric("sonde_lane_dropped_items_total", lane="systemd"), 0)

    def test_two_instances_do_not_share_a_position(self):
        journals.write(self.journal / "one.journal", [{"MESSAGE": "first"}])
        second = self.options("units = false", f'journal_directory = "{self.journal}"').replace(ENCODER, "").replace(
            'type = "systemd"', 'type = "systemd"\nname = "second"')
        agent = self.agent(self.journal_only(self.journal) + second).ready()
        reasons = lambda: [agent.get(f"/modules/{each}/check").json["journal"].get("reason")
                           for each in ("systemd", "second")]
        wait_for(lambda: f"a refusal: {reasons()}", lambda: sorted(map(str, reasons())) == ["None", "state_in_use"])


class Absent(Systemd):
    def test_without_systemd_it_is_degraded_by_name_and_the_rest_runs(self):
        config = self.options(f'bus_address = "unix:path={self.dir}/none"', f'journal_directory = "{self.dir}/none"')
        self.take("process")
        agent = self.agent(harness.PROCESS + config).ready()
        wait_for(lambda: f"a report: {agent.instance('systemd')}",
                 lambda: "no_systemd_here" in harness.json.dumps(agent.instance("systemd")))
        wait_for("events of another collector", lambda: any(each["content_type"] == "sonde.v1.ProcessEvent"
                                                            for each in agent.lines()))
        self.assertFalse(self.check(agent)["ok"])
        self.assertEqual(agent.stop(), 0)

    @unittest.skipIf(journals.why_not(), journals.why_not())
    def test_the_journal_alone_says_that_units_are_missing(self):
        journal = self.dir / "journal"
        journal.mkdir()
        journals.write(journal / "one.journal", [{"MESSAGE": "first"}])
        agent = self.agent(self.options(f'bus_address = "unix:path={self.dir}/none"', f'journal_directory = "{journal}"',
                                        'begin = "oldest"')).ready()
        self.until_messages(agent, ["first"])
        check = wait_for("a reason", lambda: (lambda it: it if it.get("reason") == "no_bus" else None)(self.check(agent)))
        self.assertIn("the journal is read, units are not followed", check["text"])


if __name__ == "__main__":
    harness.main()
