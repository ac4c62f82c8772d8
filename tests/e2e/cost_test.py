#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the agent costs: size of the stripped host, time to the first event, memory, and CPU while little happens."""

import os
import pathlib
import shutil
import subprocess
import time
import unittest

import harness
from harness import JSONL, PLUGINS, PROCESS, SONDE, wait_for

RELEASE = os.environ.get("E2E_BUILD_TYPE", "").startswith("Rel")


@unittest.skipIf(harness.INSTRUMENTED, "an instrumented build says nothing about size, memory and time")
class Cost(harness.Case):
    @unittest.skipUnless(RELEASE, "only a release build says something about the size")
    @unittest.skipUnless(shutil.which("strip"), "there is no strip")
    def test_stripped_host_has_less_than_a_million_bytes(self):
        stripped = self.dir / "sonde"
        subprocess.run(["strip", "-o", stripped, SONDE], check=True)
        print(f"stripped: {stripped.stat().st_size} bytes")
        self.assertLess(stripped.stat().st_size, 1_000_000)

    def test_first_event_comes_within_five_seconds_of_exec(self):
        began = time.monotonic()
        agent = self.agent(PROCESS + JSONL, plugins=[PLUGINS])
        wait_for("a first line", lambda: agent.out.stat().st_size > 0)
        took = time.monotonic() - began
        print(f"first event after {took * 1000:.0f} ms")
        self.assertLess(took, 5)

    def test_memory_and_idle_cpu_with_both_plugins_are_small(self):
        agent = self.agent(PROCESS + JSONL, plugins=[PLUGINS]).ready()
        wait_for("a first line", lambda: agent.out.stat().st_size > 0)
        before = usage(agent.pid)
        time.sleep(3)
        after = usage(agent.pid)
        print(f"resident: {after['rss'] / 1e6:.1f} MB; in 3 s: {after['cpu'] - before['cpu']:.0f} ms of CPU, "
              f"{after['wakeups'] - before['wakeups']} wake-ups, {len(agent.lines())} events so far")
        if RELEASE:  # what is not optimised is larger
            self.assertLess(after["rss"], 30e6)


def usage(pid):
    """CPU time and voluntary context switches of all threads, and resident bytes of the process."""
    cpu = wakeups = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        cpu += sum(map(int, (task / "stat").read_text().rsplit(")", 1)[1].split()[11:13]))
        status = dict(line.split(":", 1) for line in (task / "status").read_text().splitlines())
        wakeups += int(status["voluntary_ctxt_switches"])
    rss = int(status["VmRSS"].split()[0]) * 1024
    return {"cpu": cpu * 1000 / os.sysconf("SC_CLK_TCK"), "wakeups": wakeups, "rss": rss}


if __name__ == "__main__":
    harness.main()
