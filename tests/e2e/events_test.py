#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the default configuration gives: events of real processes as JSON lines, and a clean end."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time

import endings
import harness
from harness import JSONL, PLUGINS, PROCESS, hello, wait_for


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Events(harness.Case):
    def script(self, name, does):
        """An executable that nothing else on this machine is called like."""
        path = self.dir / name
        path.write_text(f"#!/bin/sh\n{does}\nexit 7\n")
        path.chmod(0o755)
        return path

    def default_agent(self):
        """The default configuration as it is shipped, except for the port, which must be free, and the directory."""
        text = pathlib.Path(os.environ["E2E_CONFIG"]).read_text()
        text = text.replace("127.0.0.1:3333", f"127.0.0.1:{free_port()}")
        self.assertNotIn(":3333\"", text)
        text = text.replace('type = "systemd"\n', f'type = "systemd"\n[collectors.config]\nstate_dir = "{self.dir}"\n')
        return self.agent(text, plugins=[PLUGINS])

    def test_default_configuration_prints_events_within_five_seconds(self):
        began = time.monotonic()
        agent = self.default_agent()
        wait_for("a first line", lambda: subprocess.run(["true"], check=True) and agent.lines(),
                 patience=5 if not harness.INSTRUMENTED else None)
        print(f"first line after {time.monotonic() - began:.2f} s")
        agent.ready()
        script = self.script("e2e-default", "sleep 0.4")
        subprocess.run([script, "one"], check=False)
        named = wait_for("the script's events", lambda: [
            each for each in agent.lines()
            if each["payload"].get("process", {}).get("process", {}).get("name") == "e2e-default"])
        self.assertTrue(named[0]["payload"]["type"].startswith("process."))
        began = time.monotonic()
        self.assertEqual(agent.stop(signal.SIGINT), 0)
        if not harness.INSTRUMENTED:
            self.assertLess(time.monotonic() - began, 2)
        for line in agent.out.read_bytes().split(b"\n")[:-1]:
            self.assertIsInstance(json.loads(line), dict)
        self.assertIn("component=agent msg=\"started\"", agent.log())
        self.assertIn("stopped", agent.log())

    def test_fields_of_a_scripted_child_are_right(self):
        agent = self.agent(PROCESS + JSONL, plugins=[PLUGINS]).ready().listens()
        script = self.script("e2e-child", "read -r line")
        child = subprocess.Popen([script, "first", "two words", "ünïcode"], stdin=subprocess.PIPE)

        def events(kind):
            return [each for each in agent.lines()
                    if each.get("pid") == child.pid and each["payload"]["kind"] == kind]
        seen = wait_for("its exec", lambda: [each for each in events("exec")
                                             if each["payload"]["process"].get("name") == "e2e-child"])[0]
        child.communicate(b"\n")
        self.assertEqual(child.returncode, 7)
        gone = wait_for("its exit", lambda: events("exit"))[0]

        process = seen["payload"]["process"]
        self.assertEqual(process["command_args"], ["/bin/sh", str(script), "first", "two words", "ünïcode"])
        self.assertEqual(process["pid"], child.pid)
        self.assertEqual(process["parent_pid"], os.getpid())
        self.assertEqual(process.get("user_id"), os.geteuid())
        self.assertEqual(seen["source"], "process")
        self.assertEqual(seen["topic"], "raw/process/event/")
        self.assertLess(abs(seen["time_unix_nano"] / 1e9 - time.time()), 60)
        self.assertGreater(gone["time_unix_nano"], seen["time_unix_nano"])
        if agent.instance("process")["health"] == "ok":  # polling cannot know it
            self.assertEqual(gone["payload"]["exit_code"], 7)
            self.assertEqual(seen["clock"], "kernel")
        ids = [each["event_id"] for each in agent.lines()]
        self.assertEqual(len(ids), len(set(ids)))

    def test_each_way_to_end_is_told_as_the_parent_is_told(self):
        agent = self.agent(PROCESS + JSONL, plugins=[PLUGINS]).ready().listens()
        if agent.instance("process")["health"] != "ok":
            self.skipTest("the kernel does not tell of processes here: " + agent.instance("process").get("text", ""))
        ended = endings.all_of()
        self.assertEqual({way: each[1:] for way, each in ended.items()}, {
            "exit": (3, 0), "exit_by_return": (255, 0), "exit_of_the_last_thread": (4, 0),
            "exit_group_of_another_thread": (5, 0), "kill": (0, 9), "term": (0, 15), "fault": (0, 11), "abort": (0, 6)})
        for way, (pid, code, signal_) in ended.items():
            told = wait_for(f"the end of {way}", lambda pid=pid: endings.told(agent.lines(), "raw/process/event/", pid))
            self.assertEqual(told, (code, signal_), way)

    def test_events_name_the_node_of_the_environment(self):
        self.take("hello", "encode_jsonl")
        agent = self.agent(hello() + JSONL, env={"NODE_NAME": "node-of-the-test"}).ready()
        agent.goes_on()
        line = agent.lines()[0]
        self.assertEqual((line["node_name"], line["node_name_origin"]), ("node-of-the-test", "environment"))

    def test_the_c_plugin_and_the_cpp_plugin_run_side_by_side(self):
        self.take("hello", "hello_c", "encode_jsonl")
        agent = self.agent(hello(greeting="grüße") + hello("from_c", type_="hello_c") + JSONL).ready()
        agent.goes_on("hello")
        agent.goes_on("from_c")
        c, cpp = agent.greetings("from_c")[0], agent.greetings("hello")[0]
        self.assertEqual((c["source"], c["topic"], c["content_type"], c["clock"]),
                         ("hello_c", "raw/hello_c/", "text/plain", "collector"))
        self.assertEqual((c["data_text"], cpp["data_text"]), ("hello from C", "grüße"))
        times = [each["time_unix_nano"] for each in agent.greetings("from_c")]
        self.assertEqual(times, sorted(times))


if __name__ == "__main__":
    harness.main()
