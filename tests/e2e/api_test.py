#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The agent's socket and pages: who may connect, what they answer, and what a second agent is told."""

import http.client
import os
import shutil
import socket
import stat
import subprocess
import unittest

import harness
import pages
from harness import JSONL, hello, sonde, wait_for


class Api(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("hello", "encode_jsonl", "process")

    def test_the_socket_belongs_to_its_user_alone(self):
        agent = self.agent(hello() + JSONL).ready()
        mode = os.stat(agent.socket)
        self.assertTrue(stat.S_ISSOCK(mode.st_mode))
        self.assertEqual((stat.S_IMODE(mode.st_mode), mode.st_uid), (0o600, os.geteuid()))
        self.assertEqual(agent.stop(), 0)
        self.assertFalse(os.path.exists(agent.socket))

    def test_a_second_agent_on_the_same_socket_is_refused(self):
        first = self.agent(hello() + JSONL).ready()
        second = self.agent(hello() + JSONL)
        self.assertEqual(second.process.wait(harness.PATIENCE), 1)
        self.assertIn(f"another instance serves this socket (unix uid={os.geteuid()} pid={first.pid})", second.log())
        self.assertIn(first.socket, second.log())
        self.assertEqual(first.get("/readyz").status, 200)
        first.goes_on()

    def test_a_stale_socket_is_replaced(self):
        agent = self.agent(hello() + JSONL).ready()
        agent.process.kill()
        agent.process.wait()
        self.assertTrue(os.path.exists(agent.socket))
        again = self.agent(hello() + JSONL).ready()
        again.goes_on()
        self.assertEqual(again.stop(), 0)
        self.assertEqual(os.listdir(self.run_dir), [])  # not even what the killed one left

    def test_a_file_in_the_socket_s_place_is_not_removed(self):
        with open(f"{self.run_dir}/sonde.sock", "w", encoding="utf-8") as file:
            file.write("precious")
        agent = self.agent(hello() + JSONL)
        self.assertEqual(agent.process.wait(harness.PATIENCE), 1)
        self.assertIn("something else than a socket", agent.log())
        self.assertEqual(os.listdir(self.run_dir), ["sonde.sock"])

    def test_every_page_answers_and_the_index_lists_it(self):
        agent = self.agent(hello() + JSONL).ready()
        index = agent.get("/").text
        for path in ("/livez", "/readyz", "/healthz", "/metrics", "/debug/stats", "/debug/plugins", "/debug/lanes",
                     "/debug/config", "/debug/threads", "/modules", "/modules/{name}", "/modules/{name}/check",
                     "/modules/{name}/stats", "/modules/{name}/restart", "/reload", "/debug/tap"):
            self.assertIn(path, index)
        for path in ("/healthz", "/debug/stats", "/debug/plugins", "/debug/lanes", "/debug/config", "/debug/threads",
                     "/modules", "/modules/hello", "/modules/hello/check", "/modules/hello/stats"):
            with self.subTest(path):
                plain, pretty = agent.get(path), agent.get(path + "?pretty")
                self.assertEqual((plain.status, pretty.status), (200, 200), plain.text)
                self.assertEqual(plain.headers["Content-Type"], "application/json")
                self.assertIsInstance(plain.json, dict)
                self.assertEqual(plain.json.keys(), pretty.json.keys())
                self.assertGreater(pretty.text.count("\n"), plain.text.count("\n") + 2)
        self.assertIn("data:hello", [each["name"] for each in agent.get("/debug/threads").json["threads"]])

    def test_unknown_things_are_named_with_a_hint(self):
        agent = self.agent(hello() + JSONL).ready()
        for path in ("/modules/hallo", "/modules/hallo/check", "/modules/hallo/stats"):
            answer = agent.get(path)
            self.assertEqual(answer.status, 404, path)
            self.assertIn("did you mean 'hello'?", answer.json["error"]["message"])
        self.assertEqual(agent.post("/modules/hallo/restart").status, 404)
        self.assertEqual(agent.get("/modules/hello/nothing").status, 404)
        self.assertEqual(agent.get("/no/such/page").status, 404)
        self.assertEqual(agent.get("/reload").status, 405)
        self.assertEqual(agent.post("/healthz").status, 405)

    def test_plugin_endpoints_are_served(self):
        agent = self.agent(harness.PROCESS + JSONL).ready()
        tree = wait_for("a scan", lambda: (page := agent.get(f"/modules/process/tree?pid={os.getpid()}")).status == 200
                        and page.text)
        self.assertIn(str(os.getpid()), tree)
        self.assertEqual(agent.get("/modules/process/processes?limit=3").status, 200)
        offered = [each["path"] for each in agent.get("/modules/process").json["endpoints"]]
        self.assertIn("/modules/process/tree", offered)

    @unittest.skipUnless(shutil.which("promtool"), "there is no promtool")
    def test_the_metrics_page_pleases_promtool(self):
        agent = self.agent(harness.PROCESS + hello() + JSONL).ready()
        agent.goes_on()
        page = agent.get("/metrics")
        checked = subprocess.run(["promtool", "check", "metrics"], input=page.text, capture_output=True, text=True,
                                 check=False, timeout=harness.PATIENCE)
        self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, "", ""))
        for name in ("sonde_agent_ready", "sonde_plugin_info", "sonde_instance_state", "sonde_process_scans_total"):
            self.assertIn(f"\n{name}", page.text)

    def test_a_secret_reaches_its_plugin_and_no_page(self):
        self.take("holds_secret")
        secret = '[[collectors]]\ntype = "holds_secret"\n[collectors.config]\ntoken = "env:E2E_TOKEN"\n'
        agent = self.agent(secret + JSONL, env={"E2E_TOKEN": "correct-horse-battery"}).ready()
        wait_for("its size", lambda: agent.lines() and agent.lines()[0]["data_text"] == "21")
        everything = "".join(agent.get(path).text for path in
                             ("/debug/config", "/debug/plugins", "/metrics", "/healthz", "/debug/stats", "/modules"))
        self.assertNotIn("correct-horse", everything + agent.log())
        self.assertIn("***", agent.get("/debug/config").text)

    def test_statistics_are_refreshed_with_their_interval(self):
        agent = self.agent('[api]\nstats_interval = "200ms"\n' + hello() + JSONL).ready()
        first = wait_for("an interval", lambda: (page := agent.get("/debug/stats").json)["delta_seconds"] and page)
        later = wait_for("another", lambda: (page := agent.get("/debug/stats").json)["updated_at"] !=
                         first["updated_at"] and page)
        self.assertGreater(later["uptime"], first["uptime"])
        self.assertGreater(later["modules"]["hello"]["updates"], first["modules"]["hello"]["updates"])
        self.assertLess(abs(later["delta_seconds"] - 0.2), 2)


class Tcp(harness.Case):
    def test_the_loopback_listener_answers_and_refuses_a_foreign_host(self):
        self.take("hello", "encode_jsonl")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        agent = self.agent(f'[api]\nlisten = "127.0.0.1:{port}"\n' + hello() + JSONL).ready()
        for host, status in ((f"127.0.0.1:{port}", 200), (f"localhost:{port}", 200), ("attacker.example", None),
                             (f"attacker.example:{port}", None)):
            with self.subTest(host):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=harness.PATIENCE)
                answer = pages.ask(connection, "GET", "/debug/stats", Host=host)
                if status:
                    self.assertEqual(answer.status, status)
                    self.assertIn("hello", answer.json["modules"])
                else:
                    self.assertIn(answer.status, (400, 403, 421))
                    self.assertNotIn("modules", answer.text)
        self.assertEqual(sonde("status", "--socket", f"127.0.0.1:{port}").returncode, 0)

    def test_a_taken_port_is_told_and_the_socket_serves_on(self):
        self.take("hello", "encode_jsonl")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            agent = self.agent(f'[api]\nlisten = "127.0.0.1:{taken.getsockname()[1]}"\n' + hello() + JSONL).ready()
            self.assertIn("going on with the unix socket alone", agent.log())
            agent.goes_on()


if __name__ == "__main__":
    harness.main()
