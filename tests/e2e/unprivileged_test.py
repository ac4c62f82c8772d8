#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An agent without privileges: it starts, says what it cannot do, and does the rest."""

import os
import subprocess
import time
import unittest

import harness
import nobody
from harness import JSONL, PROCESS, sonde, wait_for

def sees_a_child(case, agent):
    """Runs a script and waits for its events."""
    agent.listens()
    script = case.dir / f"e2e-child{time.monotonic_ns() % 1000}"
    script.write_text("#!/bin/sh\nsleep 1\n")
    script.chmod(0o755)
    subprocess.run([script], check=True)
    return wait_for("its events", lambda: [each for each in agent.lines()
                                           if each["payload"].get("process", {}).get("name") == script.name])


class Degraded(harness.Case):
    def test_where_the_kernel_s_events_cannot_be_had_polling_stands_in_and_says_why(self):
        tried = subprocess.run(["unshare", "--net", "true"], capture_output=True, text=True, check=False)
        if tried.returncode != 0:
            self.skipTest("a network namespace of its own cannot be had: " + tried.stderr.strip())
        self.take("process", "encode_jsonl")
        # The proc connector answers in the initial network namespace only.
        agent = self.agent(PROCESS + JSONL, wrap=["unshare", "--net"]).ready()
        degraded = wait_for("a report", lambda: (one := agent.instance("process")) and one["reason"] and one)
        self.assertTrue(degraded["reason"].startswith("proc_connector_"), degraded)
        self.assertEqual((degraded["state"], degraded["health"] in ("recoverable", "permanent")), ("running", True))
        self.assertTrue(degraded["text"])
        shown = sonde("status", "--socket", agent.socket)
        self.assertEqual(shown.returncode, 1)
        self.assertIn(degraded["reason"], shown.stdout)
        self.assertEqual(agent.get("/readyz").status, 200)
        seen = sees_a_child(self, agent)
        self.assertEqual(seen[0]["clock"], "collector")
        self.assertEqual(agent.stop(), 0)


@unittest.skipIf(nobody.OBSTACLE, nobody.OBSTACLE)
class Unprivileged(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("process", "encode_jsonl")
        self.dir.chmod(0o755)
        os.chown(self.run_dir, nobody.UID, -1)

    def unprivileged(self, config, **more):
        return self.agent(config, wrap=nobody.WRAP, **more)

    def test_events_come_and_the_status_says_how(self):
        agent = self.unprivileged(PROCESS + JSONL).ready()
        one = wait_for("a report or events", lambda: (one := agent.instance("process")) and
                       one["state"] == "running" and (one["reason"] or agent.lines()) and one)
        self.assertTrue(sees_a_child(self, agent))
        # Since Linux 6.6 the proc connector needs no privilege; then nothing is degraded.
        if one["reason"]:
            self.assertTrue(one["reason"].startswith(("proc_connector_", "open_files_")), one)
            self.assertTrue(one["text"], one)
            self.assertIn(one["reason"], sonde("status", "--socket", agent.socket).stdout)
        print(f"health {one['health']} {one['reason']}")
        self.assertEqual(os.stat(agent.socket).st_uid, nobody.UID)
        self.assertEqual(agent.stop(), 0)

    def test_polling_stands_in_for_the_kernel(self):
        polling = PROCESS + 'events = "poll"\n'
        agent = self.unprivileged(polling + JSONL).ready()
        seen = sees_a_child(self, agent)
        self.assertEqual(seen[0]["clock"], "collector")
        metrics = agent.get("/modules/process/stats").json["metrics"]
        self.assertEqual([each["value"] for each in metrics if each["name"] == "sonde.process.polling"], [1])
        self.assertEqual(agent.stop(), 0)

    def test_without_a_configured_directory_it_takes_the_user_s_own(self):
        runtime = os.path.join(self.run_dir, "runtime")
        os.mkdir(runtime, 0o700)
        os.chown(runtime, nobody.UID, -1)
        agent = self.unprivileged(PROCESS + JSONL, run_dir="", env={"XDG_RUNTIME_DIR": runtime})
        agent.socket = f"{runtime}/sonde/sonde.sock"
        agent.ready()
        self.assertTrue(sees_a_child(self, agent))
        agent.write(PROCESS.replace('"0s"', '"1h"') + JSONL)
        self.assertEqual(agent.post("/reload").status, 200)
        self.assertNotIn("take effect at the next start", agent.log())  # the directory is still the user's own
        self.assertEqual(agent.stop(), 0)


if __name__ == "__main__":
    harness.main()
