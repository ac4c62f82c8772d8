#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sources other than processes and clusters on their whole way: collector, enrich_context, one line of JSON per event."""

import os
import pathlib
import subprocess
import sys
import time
import unittest

SUPPORT = pathlib.Path(__file__).parent.parent / "support"
sys.path[:0] = [str(SUPPORT / each) for each in ("systemd", "prometheus", "vault")]
import etcd_case
import harness
import journals
import server
import web
from harness import PROCESS, wait_for

UNIFIED = '[[enrichers]]\ntype = "enrich_context"\n[[encoders]]\ntype = "encode_jsonl"\ntopics = ["event/"]\n'


class Decoders(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("process", "systemd", "host", "enrich_context", "encode_jsonl")

    @staticmethod
    def events(agent, topic):
        return [each for each in agent.lines() if each["topic"] == topic]

    def test_metrics_of_the_host_are_events_with_its_context(self):
        agent = self.agent('[[collectors]]\ntype = "host"\nname = "machine"\n[collectors.config]\ninterval = "1s"\n' + UNIFIED).ready()
        wait_for("metrics", lambda: {"cpu", "memory"} <= {
            each["payload"]["metrics"].get("group") for each in self.events(agent, "event/host/")
            if "metrics" in each["payload"]})
        told = self.events(agent, "event/host/")
        info = next(each["payload"] for each in told if each["payload"]["type"] == "host.info")
        self.assertEqual(info["host"]["host"]["kernel_release"], os.uname().release)
        memory = next(each["payload"] for each in told if each["payload"].get("metrics", {}).get("group") == "memory")
        self.assertEqual((memory["type"], memory["source"], memory["severity"]), ("host.metrics", "host", "info"))
        self.assertEqual(memory["context"]["host"]["kernel_release"], os.uname().release)
        self.assertEqual(agent.get("/modules/enrich_context/check").json["faults"], [])

    @unittest.skipIf(journals.why_not(), journals.why_not())
    def test_entries_of_the_journal_have_their_severity_and_the_process_that_wrote_them(self):
        machine = self.machine_id()
        journal = self.dir / "journal"
        journal.mkdir()
        journals.write(journal / "before.journal", [{"MESSAGE": "before"}])
        agent = self.agent("\n".join([PROCESS, '[[collectors]]\ntype = "systemd"\n[collectors.config]', "units = false",
                                      f'journal_directory = "{journal}"', 'begin = "oldest"',
                                      f'state_dir = "{self.dir / "state"}"', UNIFIED])).ready()
        wait_for("a first process", lambda: subprocess.run(["true"], check=True) and self.events(agent, "event/process/"))
        writer = subprocess.Popen(["sleep", "1000"])
        self.addCleanup(writer.wait)
        self.addCleanup(writer.kill)
        wait_for("its exec", lambda: any(each.get("pid") == writer.pid for each in self.events(agent, "event/process/")))
        mine = {"_PID": str(writer.pid), "_MACHINE_ID": machine}
        journals.write(journal / "after.journal", [
            {"MESSAGE": "not good\nat all", "PRIORITY": "2"} | mine,
            {"MESSAGE": "noted", "PRIORITY": "5"} | mine,
            {"MESSAGE": "from afar", "PRIORITY": "4", "_PID": str(writer.pid), "_MACHINE_ID": "f" * 32},
            {"MESSAGE": b"\xff\xfe"},
        ], begin=time.time_ns() // 1000)
        told = wait_for(lambda: f"all entries\n{agent.log()}", lambda: (lambda all: all if len(all) >= 5 else None)(
            [each["payload"] for each in self.events(agent, "event/systemd/") if "is_amendment" not in each["payload"]]))
        by_message = {each.get("message"): each for each in told}
        self.assertEqual({each["type"] for each in told}, {"systemd.journal"})
        self.assertEqual({message: each["severity"] for message, each in by_message.items()},
                         {"before": "info", "not good": "error2", "noted": "info2", "from afar": "warn", None: "info"})
        self.assertEqual(by_message["not good"]["journal"]["message"], "not good\nat all")
        for message in ("not good", "noted"):
            process = by_message[message]["context"]["process"]
            self.assertEqual((process["pid"], process["name"]), (writer.pid, "sleep"))
            self.assertEqual(by_message[message]["context"]["host"]["id"], machine)
        self.assertNotIn("context", by_message["from afar"], "neither this host's nor one of its processes'")
        self.assertEqual(agent.get("/modules/enrich_context/check").json["faults"], [])

    def test_numbers_of_a_prometheus_that_has_doubts_are_a_warning(self):
        self.take("prometheus")
        prometheus = web.Web(lambda _: web.vector(({"pod": "web-0"}, "7"), warnings=["one store is away"]))
        self.addCleanup(prometheus.stop)
        agent = self.agent('[[collectors]]\ntype = "prometheus"\nname = "numbers"\n[collectors.config]\n'
                           f'url = "{prometheus.url}"\nqueries = {{ load = "up" }}\nspread_start = false\n' + UNIFIED).ready()
        told = wait_for(lambda: f"an answer:\n{agent.log()}", lambda: next(
            (each["payload"] for each in self.events(agent, "event/prometheus/")), None))
        self.assertEqual((told["type"], told["severity"], told["message"]),
                         ("prometheus.metrics", "warn", "one store is away"))
        self.assertEqual(told["metrics"]["metrics"][0]["points"][0]["double_value"], 7)

    def test_a_vault_that_is_sealed_is_an_error(self):
        self.take("vault")
        vault = server.VaultServer().start()
        self.addCleanup(vault.stop)
        agent = self.agent("\n".join(['[[collectors]]\ntype = "vault"\n[collectors.config]', f'address = "{vault.url}"',
                                      f'state_dir = "{self.dir}/state"', 'status_interval = "100ms"', UNIFIED])).ready()

        def told(kind):
            return next((each["payload"] for each in self.events(agent, "event/vault/")
                         if each["payload"]["type"] == kind), None)
        wait_for(lambda: f"an answer:\n{agent.log()}", lambda: told("vault.active") or told("vault.status"))
        vault.seal()
        event = wait_for(lambda: f"the seal:\n{agent.log()}", lambda: told("vault.sealed"))
        self.assertEqual((event["severity"], event["message"]), ("error", f"{vault.url} is sealed"))
        self.assertEqual(event["vault"]["previous_state"], "active")

    def test_what_a_plugin_of_the_cni_logs_is_about_its_container(self):
        self.take("cni")
        log = self.dir / "cni.log"
        container = "0f3c9a1e" * 8
        log.write_text(f'time="2026-11-21T10:00:00Z" level=error plugin=macvlan cmd=ADD containerid={container} ifname=net1 '
                       'error="link not found: eth9"\n', encoding="ascii")
        parts = "\n".join(f"{each} = false" for each in ("config", "results", "network", "operations"))
        agent = self.agent('[[collectors]]\ntype = "cni"\nname = "networks"\n[collectors.config]\nlog_begin = "beginning"\n'
                           f'log_paths = ["{log}"]\n{parts}\nstate_dir = "{self.dir}/state"\n' + UNIFIED).ready()
        told = wait_for(lambda: f"the line:\n{agent.log()}", lambda: self.events(agent, "event/cni/"))[0]
        self.assertEqual(told["container_id"], container)
        self.assertEqual((told["payload"]["type"], told["payload"]["severity"]), ("cni.plugin.failed", "fatal"))
        self.assertEqual(told["payload"]["message"], f"macvlan ADD failed for {container}: link not found: eth9")

    def machine_id(self):
        path = pathlib.Path("/etc/machine-id")
        name = path.read_text(encoding="ascii").strip() if path.exists() else ""
        if len(name) != 32:
            self.skipTest("this machine has no id")
        return name


@unittest.skipIf(etcd_case.etcd_servers.why_not(), etcd_case.etcd_servers.why_not())
class Keys(etcd_case.Etcd):
    def test_a_key_of_a_kubernetes_registry_is_about_its_object(self):
        self.take("enrich_context")
        servers = self.servers()
        agent = self.until_following(self.agent(self.collector(servers) + UNIFIED).ready())
        servers.etcdctl("put", "/registry/services/specs/default/shop", "a secret of the shop")
        told = wait_for(lambda: f"the key:\n{agent.log()}", lambda: next(
            (each["payload"] for each in agent.lines() if each["topic"] == "event/etcd/"
             and each["payload"]["type"] == "etcd.key.put"), None))
        self.assertEqual((told["severity"], told["message"], told["entity_key"]),
                         ("info", "put of /registry/services/specs/default/shop", "service:default/shop"))
        member = wait_for("a status", lambda: next(
            (each["payload"] for each in agent.lines() if each["topic"] == "event/etcd/"
             and each["payload"]["type"].startswith("etcd.member.")), None))
        self.assertEqual((member["type"], member["severity"]), ("etcd.member.status", "info"))
        self.assertTrue(all("secret of the shop" not in str(each) for each in agent.lines()))
        self.assertEqual(agent.get("/modules/enrich_context/check").json["faults"], [])


if __name__ == "__main__":
    harness.main()
