#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The vault collector in a running agent, beside a server that follows Vault's documented API."""

import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

for folder in ("k8s", "vault"):  # the latter is looked at first
    sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support" / folder))
import audit
import certificates
import harness
import server
from harness import SONDE, wait_for

ENCODER = '[[encoders]]\ntype = "encode_jsonl"\ndelivery = "lossless"\n'
FAST = ('status_interval = "100ms"', 'metrics_interval = "200ms"', 'settle = "300ms"')


class Vault(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("vault", "encode_jsonl")
        self.token = self.dir / "token"

    def vault(self, **more):
        made = server.VaultServer(**more).start()
        self.addCleanup(made.stop)
        return made

    def put_token(self, text):
        new = self.dir / "token.new"
        new.write_text(text + "\n")
        new.rename(self.token)
        return text

    def options(self, address, *lines):
        return "\n".join(['[[collectors]]\ntype = "vault"\n[collectors.config]', f'address = "{address}"',
                          f'state_dir = "{self.dir}/state"', *FAST, *lines, ENCODER])

    def watching(self, address, *lines, **more):
        return self.agent(self.options(address, *lines), **more).ready()

    def payloads(self, agent, kind):
        return [each["payload"] for each in agent.lines() if each["content_type"] == f"sonde.v1.{kind}"]

    def changes(self, agent):
        return [each for each in self.payloads(agent, "VaultStatus") if each["action"] == "changed"]

    def until_changed(self, agent, *wanted, patience=None):
        """The first event with these changes that no earlier call has seen."""
        def probe():
            found = self.changes(agent)
            for number in range(self.seen, len(found)):
                if set(wanted) <= set(found[number]["changes"]):
                    self.seen = number + 1
                    return found[number]
            return None
        return wait_for(lambda: f"{wanted}: {self.changes(agent)}\n{agent.log()}", probe, patience)

    seen = 0

    def entries(self, agent):
        return self.payloads(agent, "VaultAuditEvent")

    def check(self, agent):
        return agent.get("/modules/vault/check").json

    def until_reason(self, agent, part, reason):
        return wait_for(lambda: f"{part} {reason}: {self.check(agent)}\n{agent.log()}",
                        lambda: (lambda it: it if it[part].get("reason", "") == reason else None)(self.check(agent)))

    def until_state(self, agent, state):
        wait_for(lambda: f"{state}: {self.check(agent)}", lambda: self.check(agent)["vault"]["state"] == state)
        return agent


class State(Vault):
    def test_seal_unseal_and_another_leader_are_events(self):
        vault = self.vault(open_metrics=True)
        agent = self.until_state(self.watching(vault.url), "active")
        first = self.payloads(agent, "VaultStatus")[0]
        self.assertEqual((first["action"], first["state"], first["health_code"]), ("sampled", "active", 200))
        self.assertEqual((first["seal_type"], first["storage_type"], first["leader_address"], first["version"]),
                         ("shamir", "raft", "https://vault-0:8200", "1.17.2"))
        vault.seal()
        event = self.until_changed(agent, "sealed")
        self.assertEqual((event["state"], event["previous_state"], event["sealed"]), ("sealed", "active", True))
        self.assertEqual(agent.metric("sonde_vault_sealed_ratio"), 1)
        self.assertTrue(self.check(agent)["ok"], "a sealed server is well looked at")
        vault.unseal_step()
        self.assertEqual(self.until_changed(agent, "unseal_progress")["unseal_progress"], 1)
        vault.unseal()
        self.assertEqual(self.until_changed(agent, "unsealed", "active")["state"], "active")
        vault.role, vault.leader = "standby", "https://vault-1:8200"
        event = self.until_changed(agent, "standby")
        if "leader" not in event["changes"]:  # the round was between the two
            event = self.until_changed(agent, "leader")
        self.assertEqual(event["leader_address"], "https://vault-1:8200")
        vault.role, vault.leader = "active", "https://vault-0:8200"
        self.until_changed(agent, "active")

    def test_each_documented_code_is_a_state(self):
        vault = self.vault()
        vault.initialized = False
        agent = self.until_state(self.watching(vault.url), "not_initialized")
        vault.initialized = True
        self.assertIn("unsealed", self.until_changed(agent, "initialized")["changes"])
        for role, code in (("standby", 429), ("dr_secondary", 472), ("performance_standby", 473),
                           ("cut_off_standby", 474)):
            vault.role = role
            event = self.until_changed(agent, "standby")
            self.assertEqual((event["state"], event["health_code"]), (role, code))
        vault.replications = {"dr": {"mode": "primary", "state": "running", "last_wal": 5, "known_secondaries": ["2"],
                                     "secondaries": [{"node_id": "2", "connection_status": "connected"}]}}
        event = self.until_changed(agent, "replication")
        self.assertEqual(event["replications"][0]["peers"][0]["connection_status"], "connected")

    def test_a_server_that_was_away_is_found_again_within_five_seconds(self):
        vault = self.vault()
        agent = self.until_state(self.watching(vault.url), "active")
        vault.stop()
        self.assertEqual(self.until_changed(agent, "silent")["failure"], "connection")
        time.sleep(2)
        vault.sealed = True
        vault.start()
        begin = time.monotonic()
        event = self.until_changed(agent, "answers")
        restarted = time.monotonic() - begin
        self.assertEqual((event["previous_state"], event["state"]), ("silent", "sealed"))
        self.assertIn("sealed", event["changes"])
        self.assertLess(restarted, 5)
        vault.stalls.set()  # as behind a network that loses everything
        self.assertEqual(self.until_changed(agent, "silent")["failure"], "timeout")
        vault.stalls.clear()
        begin = time.monotonic()
        self.until_changed(agent, "answers")
        self.assertLess(time.monotonic() - begin, 5)
        print(f"found again after {restarted:.2f} s and {time.monotonic() - begin:.2f} s", flush=True)

    def test_a_wrong_authority_is_refused_and_named(self):
        authority = certificates.Authority(self.dir / "pki")
        other = certificates.Authority(self.dir / "other")
        client, key = authority.issue("agent")
        vault = self.vault(tls=authority.issue("vault"), client_authority=authority.certificate)
        agent = self.watching(vault.url, f'ca_file = "{other.certificate}"')
        found = self.until_reason(agent, "server", "vault_tls")
        self.assertIn("ca_file", found["server"]["text"])
        self.assertEqual(vault.requests, [], "nothing is said to a server that is not trusted")
        agent.stop()
        agent = self.watching(vault.url, f'ca_file = "{authority.certificate}"', f'certificate_file = "{client}"',
                              f'key_file = "{key}"')
        self.until_state(agent, "active")

    def test_a_late_subscriber_is_told_what_is_known(self):
        vault = self.vault()
        agent = self.until_state(self.watching(vault.url), "active")
        done = harness.sonde("tap", "raw/vault/status/", "--socket", agent.socket, "--snapshot", "--count", "1")
        self.assertEqual(json.loads(done.stdout)["payload"]["state"], "active", done.stderr)


class Token(Vault):
    def metrics(self, agent):
        return [metric for each in self.payloads(agent, "MetricSet") for metric in each["metrics"]]

    def test_metrics_are_read_with_a_token_that_is_renewed(self):
        vault = self.vault()
        token = vault.issue("hvs.CAESIrenewedTokenOfTheAgent", ttl=2, renewable=True)
        self.put_token(token)
        agent = self.watching(vault.url, f'token_file = "{self.token}"')
        wait_for(lambda: f"renewals: {self.check(agent)}", lambda: vault.renewals >= 2)
        found = wait_for("metrics", lambda: {each["name"]: each for each in self.metrics(agent)})
        self.assertEqual(found["vault_core_unsealed"]["kind"], "gauge")
        self.assertEqual(found["vault_core_unsealed"]["points"][0]["attributes"], {"cluster": "vault-cluster-test"})
        self.assertEqual(found["vault_token_creation"]["kind"], "monotonic_sum")
        self.assertEqual(len(found["vault_core_handle_request"]["points"]), 2)
        self.assertTrue(self.check(agent)["ok"])
        self.assertEqual(agent.metric("sonde_vault_token_refusals_total"), 0)

    def test_a_token_that_has_ended_is_refused_until_it_is_replaced(self):
        vault = self.vault()
        self.put_token(vault.issue("hvs.CAESIshortTokenOfTheAgent", ttl=1))
        agent = self.watching(vault.url, f'token_file = "{self.token}"')
        wait_for("metrics", lambda: self.metrics(agent))
        found = self.until_reason(agent, "token", "token_refused")
        self.assertFalse(found["ok"])
        before = len(self.metrics(agent))
        asked = len(vault.requests)
        time.sleep(1)
        denied = [each for each in vault.requests[asked:] if each[3] == 403]
        self.assertLess(len(denied), 4, "a refused token is not tried over and over")
        self.put_token(vault.issue("hvs.CAESIanotherTokenOfTheAgent", ttl=60, renewable=True))
        self.until_reason(agent, "token", "")
        wait_for("further metrics", lambda: len(self.metrics(agent)) > before)
        self.assertEqual(agent.metric("sonde_vault_token_changes_total"), 1)

    def test_a_token_without_the_policy_is_named(self):
        vault = self.vault()
        self.put_token(vault.issue("hvs.CAESIpowerlessTokenOfTheAgent", ttl=60, renewable=True, metrics=False))
        agent = self.watching(vault.url, f'token_file = "{self.token}"')
        found = self.until_reason(agent, "metrics", "metrics_denied")
        self.assertIn("sys/metrics", found["metrics"]["text"])
        self.assertEqual(found["token"]["state"], "working")

    def test_without_a_token_there_are_open_metrics(self):
        vault = self.vault(open_metrics=True)
        agent = self.watching(vault.url)
        wait_for("metrics", lambda: self.metrics(agent))

    def test_a_namespace_is_asked_in_and_a_token_comes_from_the_environment(self):
        vault = self.vault()
        token = vault.issue("hvs.CAESInamespacedTokenOfTheAgent", ttl=60, renewable=True, namespace="team")
        agent = self.watching(vault.url, 'namespace = "team"', 'token = "env:VAULT_TOKEN"', env={"VAULT_TOKEN": token})
        wait_for(lambda: f"metrics: {self.check(agent)} {vault.requests[-5:]}", lambda: self.metrics(agent))
        self.assertEqual({each[2] for each in vault.requests}, {"team"})


class Audit(Vault):
    def add_devices(self, vault, *devices):
        for each in devices:
            vault.devices.append(each)
            self.addCleanup(each.close)

    def test_entries_of_a_file_come_once_and_with_their_meaning(self):
        vault = self.vault()
        device = audit.File(self.dir / "audit.log")
        self.add_devices(vault, device)
        agent = self.watching(vault.url, f'audit_files = ["{device.path}"]')
        self.until_state(agent, "active")
        token = vault.issue("hvs.CAESItokenOfAClient", policies=("default", "db"))
        vault.use("secret/data/db", operation="update", data={"data": {"password": "x", "port": 5432}}, token=token,
                  error="1 error occurred:\n\t* permission denied\n\n", headers={"user-agent": ["curl/7.88"]})
        wait_for(lambda: f"two entries: {agent.log()}", lambda: len(self.entries(agent)) == 2)
        request, response = self.entries(agent)
        self.assertEqual((request["type"], response["type"]), ("request", "response"))
        self.assertEqual((response["operation"], response["path"], response["mount_type"], response["source"]),
                         ("update", "secret/data/db", "kv", "file"))
        self.assertEqual((response["display_name"], response["policies"]), ("token", ["default", "db"]))
        self.assertEqual(response["errors"], ["permission denied"])
        self.assertFalse(response.get("allowed", False))
        self.assertTrue(request["allowed"] is False or "allowed" in request)
        self.assertEqual(request["hmac_fields"]["request.data.data.password"], device.hashed("x"))
        self.assertEqual(request["hmac_fields"]["auth.client_token"], device.hashed(token))
        self.assertEqual(request["headers"], {"user-agent": "curl/7.88"})
        self.assertEqual(request["values_withheld"], 1, "the port is no text and not hashed")
        self.assertEqual(agent.stop(), 0)
        vault.use("secret/data/later", token=token)
        again = self.watching(vault.url, f'audit_files = ["{device.path}"]')
        wait_for("two more", lambda: len(self.entries(again)) == 2)
        time.sleep(0.3)
        self.assertEqual({each["path"] for each in self.entries(again)}, {"secret/data/later"})

    def test_nothing_is_lost_over_kills_and_rotations_and_repeats_are_known(self):
        seed = random.randrange(1 << 32)
        print(f"seed {seed}", flush=True)
        chance = random.Random(seed)
        vault = self.vault()
        device = audit.File(self.dir / "audit.log")
        self.add_devices(vault, device)
        options = (f'audit_files = ["{device.path}"]', 'begin = "oldest"')
        agent, count, stop = self.watching(vault.url, *options), 0, threading.Event()

        def write():
            nonlocal count
            while not stop.is_set():
                vault.use(f"secret/data/{count}", number=count)
                count += 1
                if chance.random() < 0.002:
                    device.rotate()
                time.sleep(chance.random() * 0.003)
        writer = threading.Thread(target=write)
        writer.start()
        told, kills = [], 0
        for turn in range(6):
            time.sleep(0.2 + chance.random() * 0.8)
            if turn % 2:
                agent.stop(signal.SIGKILL)
                kills += 1
            else:
                self.assertEqual(agent.stop(), 0)
            told += agent.lines()
            agent = self.watching(vault.url, *options)
        stop.set()
        writer.join()
        last = f"request-{count - 1}"
        wait_for(lambda: f"{last}: {self.check(agent)}",
                 lambda: sum(each["request_id"] == last for each in self.entries(agent)) >= 2)
        self.assertEqual(agent.stop(), 0)
        told += agent.lines()
        ids, order, repeated = {}, [], 0
        for line in told:
            if line["content_type"] != "sonde.v1.VaultAuditEvent":
                continue
            what = (line["payload"]["request_id"], line["payload"]["type"])
            if line["event_id"] in ids:
                self.assertEqual(ids[line["event_id"]], what)
                repeated += 1
            else:
                ids[line["event_id"]] = what
                order.append(what)
        self.assertEqual(order, [(f"request-{number}", kind) for number in range(count)
                                 for kind in ("request", "response")], "all, in order, once each by their event ids")
        rotations = len(list(self.dir.glob("audit.log.*")))
        print(f"{2 * count} entries, {kills} kills, {rotations} rotations, {repeated} repeats", flush=True)

    def test_sockets_take_entries_and_are_there_again_after_a_restart(self):
        vault = self.vault()
        path = f"{self.run_dir}/audit"
        options = (f'audit_listen = ["unix:{path}", "tcp:127.0.0.1:0"]',)
        agent = self.until_state(self.watching(vault.url, *options), "active")
        listens = self.check(agent)["listens"]
        self.assertEqual(listens[0], f"unix:{path}")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.add_devices(vault, *(audit.Socket(each) for each in listens))
        for number in range(200):
            vault.use(f"secret/data/{number}", number=number)
        # Both devices log each of two entries of 200 requests.
        wait_for(lambda: f"800 entries: {len(self.entries(agent))}", lambda: len(self.entries(agent)) == 800)
        self.assertEqual({each["source"] for each in self.entries(agent)}, {"socket"})
        ids = [each["event_id"] for each in agent.lines() if each["content_type"] == "sonde.v1.VaultAuditEvent"]
        self.assertEqual(len(set(ids)), 400, "an entry has the same id by whichever way it comes")
        self.assertEqual(agent.metric("sonde_vault_audit_connections"), 2)
        self.assertEqual(agent.stop(), 0)
        agent = self.until_state(self.watching(vault.url, *options), "active")
        vault.devices = vault.devices[:1]
        vault.use("secret/data/after", number=1000)
        vault.use("secret/data/after", number=1001)
        wait_for(lambda: f"entries: {self.entries(agent)}",
                 lambda: any(each["request_id"] == "request-1001" for each in self.entries(agent)))

    def test_only_this_machine_is_listened_to_unless_told_otherwise(self):
        config = self.options("", 'audit_listen = ["tcp:0.0.0.0:0"]')
        agent = self.agent(config)
        wait_for(lambda: f"a refusal: {agent.log()}", lambda: "audit_listen_any" in agent.log())

    def test_secrets_never_leave(self):
        canary = "canary-7d1f0c"  # in every secret
        vault = self.vault()
        own = vault.issue(f"hvs.CAESI{canary}own", ttl=60, renewable=True)
        self.put_token(own)
        devices = [audit.File(self.dir / "audit.log"), audit.File(self.dir / "raw.log", raw=True)]
        path = f"{self.run_dir}/audit"
        agent = self.watching(
            vault.url, f'token_file = "{self.token}"', f'audit_listen = ["unix:{path}"]',
            f'audit_files = ["{devices[0].path}", "{devices[1].path}"]', host='log_level = "trace"\n')
        self.until_reason(agent, "token", "")
        tap_file = self.dir / "tap.jsonl"
        with open(tap_file, "wb") as out:
            tap = subprocess.Popen([SONDE, "tap", "--socket", agent.socket, "--snapshot"], stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=subprocess.STDOUT, env=harness.environment())
        self.addCleanup(lambda: (tap.kill(), tap.wait()))
        wait_for("the tap", lambda: tap_file.stat().st_size > 0)
        self.add_devices(vault, *devices, audit.Socket(f"unix:{path}", raw=True))
        token = vault.issue(f"hvs.CAESI{canary}client")
        for number in range(20):
            vault.use(f"auth/token/lookup/{token}" if number % 2 else "secret/data/x", number=number, token=token,
                      operation="update", data={"password": canary, "list": [canary, {"deep": canary}], "pin": 12345678,
                                                "fake": f"hmac-sha256:{canary}"},
                      answer={"data": {"key": canary}, "keys": [f"{canary}/"]},
                      headers={"authorization": [f"Bearer {canary}"], "x-vault-token": [token], "user-agent": [token]},
                      error=f'error converting input {{"password":"{canary}"}} for field "x": * permission denied',
                      display_name=token, auth={"metadata": {"secret": canary}},
                      response={"wrap_info": {"ttl": 60, "token": canary, "accessor": canary},
                                "warnings": [canary], "redirect": f"https://x/?p={canary}",
                                "secret": {"lease_id": canary}, "auth": {"client_token": canary, "accessor": canary}})
        with open(devices[0].path, "ab") as log:
            log.write(f"{canary} no entry\n{{\"type\":\"{canary}\"}}\n".encode())
        # Three devices, two entries each, of 20 requests.
        wait_for(lambda: f"120 entries: {len(self.entries(agent))} {self.check(agent)}",
                 lambda: len(self.entries(agent)) == 120)
        wait_for("the tap's copy", lambda: tap_file.read_text().count("VaultAuditEvent") >= 120)
        wait_for("malformed lines", lambda: agent.metric("sonde_vault_audit_malformed_total") == 2)
        self.assertGreater(agent.metric("sonde_vault_audit_withheld_total"), 120)
        self.assertTrue(all(each["values_withheld"] > 0 for each in self.entries(agent)))
        pages = "".join(agent.get(page).text for page in
                        ("/modules/vault/check", "/metrics", "/healthz", "/debug/config", "/debug/lanes"))
        self.assertEqual(agent.stop(), 0)
        texts = {"output": agent.out.read_text(), "log": agent.log(), "tap": tap_file.read_text(), "pages": pages,
                 "positions": "".join(each.read_text() for each in (self.dir / "state").iterdir())}
        for where, text in texts.items():
            self.assertNotIn(canary, text, where)
            self.assertNotIn("12345678", text, where)
        self.assertIn("hmac-sha256:", texts["output"])


if __name__ == "__main__":
    harness.main()
