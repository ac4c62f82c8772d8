#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The process and the ebpf collector in one agent: one source of processes, and another when it is gone. Other tests run
beside this one, so that only its own processes and the agent's own counters are looked at."""

import os
import pathlib
import subprocess
import time

import endings
import harness
from harness import JSONL, wait_for

EBPF = ('[[collectors]]\ntype = "ebpf"\n[collectors.config]\ntcp = false\nudp = false\ndns = false\n'
        'snapshot_interval = "500ms"\n')
PROCESS = '[[collectors]]\ntype = "process"\n[collectors.config]\nscan_interval = "1s"\npoll_interval = "100ms"\n'
CONNECTOR = 11  # NETLINK_CONNECTOR


def connector_sockets(pid):
    """Sockets of the kernel's connector that the process has open."""
    ours = {os.readlink(each)[8:-1] for each in pathlib.Path(f"/proc/{pid}/fd").iterdir()
            if each.exists() or each.is_symlink() if os.readlink(each).startswith("socket:[")}
    table = [line.split() for line in pathlib.Path("/proc/net/netlink").read_text().splitlines()[1:]]
    return sum(1 for row in table if int(row[1]) == CONNECTOR and row[9] in ours)


class ProcessSource(harness.Case):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("kernel programs need root")
        self.take("ebpf", "process", "encode_jsonl")

    def sleeper(self):
        made = subprocess.Popen(["sleep", "60"], stdin=subprocess.DEVNULL)
        self.addCleanup(made.wait)
        self.addCleanup(made.kill)
        return made

    def until_followed(self, agent, wanted=1):
        wait_for(lambda: f"process.ebpf to be {wanted}: {agent.get('/healthz').text}",
                 lambda: agent.metric("sonde_process_ebpf") == wanted)

    def both(self):
        agent = self.agent(EBPF + PROCESS + JSONL).ready()
        wait_for("the kernel programs", lambda: '"hooks"' in agent.get("/modules/ebpf/features").text)
        hooks = agent.get("/modules/ebpf/features").json["hooks"]
        missing = [each["hook"] for each in hooks if each["hook"].startswith("process.") and not each["program"]]
        if missing:
            self.skipTest(f"the kernel does not take the programs of {missing}")
        self.until_followed(agent)
        return agent

    def row(self, agent, pid):
        answer = agent.get(f"/modules/process/tree?pid={pid}")
        return answer.json["processes"][0] if answer.status == 200 else None

    def events(self, agent, topic, pid):
        return [each["payload"]["kind"] for each in agent.lines()
                if each["topic"] == topic and each["payload"].get("process", {}).get("pid") == pid]

    def test_both_together_cost_one_source_and_one_scan_at_most(self):
        agent = self.both()
        self.assertEqual(connector_sockets(agent.pid), 0)
        scans = agent.metric("sonde_process_scans_total")
        opened = agent.metric("sonde_process_files_opened_total")
        snapshots = agent.metric("sonde_process_snapshots_total")
        one = self.sleeper()
        row = wait_for("the process in the tree", lambda: (found := self.row(agent, one.pid)) and
                       found["name"] == "sleep" and found)
        self.assertEqual(row["parent_pid"], os.getpid())
        wait_for("three snapshots", lambda: agent.metric("sonde_process_snapshots_total") >= snapshots + 3)
        self.assertIn("memory_rss", self.row(agent, one.pid))
        one.kill()
        one.wait()
        wait_for("its end", lambda: self.row(agent, one.pid) is None)
        self.assertEqual(agent.metric("sonde_process_scans_total"), scans)
        self.assertEqual(agent.metric("sonde_process_files_opened_total"), opened)
        self.assertEqual(connector_sockets(agent.pid), 0)
        self.assertEqual(agent.metric("sonde_process_snapshots_incomplete_total"), 0)
        wait_for("the events", lambda: "exit" in self.events(agent, "raw/ebpf/process/", one.pid))
        self.assertEqual(self.events(agent, "raw/process/event/", one.pid), [], "nothing is told twice")

    def test_each_way_to_end_is_told_as_the_parent_is_told(self):
        agent = self.both()
        for way, (pid, code, signal_) in endings.all_of().items():
            told = wait_for(f"the end of {way}", lambda pid=pid: endings.told(agent.lines(), "raw/ebpf/process/", pid))
            self.assertEqual(told, (code, signal_), way)

    def test_without_the_ebpf_collector_the_own_source_takes_over_and_back(self):
        agent = self.both()
        agent.write(PROCESS + JSONL)
        self.assertLess(agent.post("/reload").status, 300)
        self.until_followed(agent, 0)
        self.assertIn("the ebpf collector has ended", wait_for("a text", lambda: agent.instance("process").get("text")))
        one = self.sleeper()
        wait_for("its exec", lambda: "exec" in self.events(agent, "raw/process/event/", one.pid))
        self.assertIsNotNone(self.row(agent, one.pid))
        agent.write(EBPF + PROCESS + JSONL)
        self.assertLess(agent.post("/reload").status, 300)
        self.until_followed(agent)
        self.assertEqual(connector_sockets(agent.pid), 0)
        two = self.sleeper()
        wait_for("the next process", lambda: (found := self.row(agent, two.pid)) and found["name"] == "sleep")
        self.assertEqual(self.events(agent, "raw/process/event/", two.pid), [])

    def test_samples_go_on_and_say_who_works(self):
        agent = self.both()
        busy = subprocess.Popen(["sh", "-c", "while :; do :; done"], stdin=subprocess.DEVNULL)
        self.addCleanup(busy.wait)
        self.addCleanup(busy.kill)
        began = time.monotonic()

        def used():
            found = [each["payload"]["process"] for each in agent.lines() if each["topic"] == "raw/process/sample/"
                     and each["payload"].get("process", {}).get("pid") == busy.pid]
            # A process's first sample has nothing to compare with.
            last = found[-1] if found else {}
            return last if last.get("cpu_time_user", 0) > 0.2 and "cpu_percent" in last else None
        sample = wait_for("a sample", used)
        self.assertGreater(sample["cpu_percent"], 1)
        self.assertLess(sample["cpu_time_user"], time.monotonic() - began + 1)


if __name__ == "__main__":
    harness.main()
