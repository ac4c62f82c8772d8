#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The etcd collector beside real servers: with TLS and users, and three members of which some fail."""

import json
import pathlib
import signal
import tempfile
import threading
import time
import unittest

from etcd_case import ENCODER, Etcd, etcd_servers
import harness
from harness import wait_for

CANARY = "canary-5d1f0c9a"


@unittest.skipIf(etcd_servers.why_not(), etcd_servers.why_not())
class Secured(Etcd):
    @classmethod
    def setUpClass(cls):
        cls.tls = pathlib.Path(tempfile.mkdtemp(prefix="sonde-etcd-"))
        cls.addClassCleanup(harness.shutil.rmtree, cls.tls)
        for each in ("right", "wrong"):
            etcd_servers.authority(cls.tls / each, each)

    def tls_options(self, which="right", certificate=True):
        where = self.tls / which
        lines = [f'ca_file = "{where}/ca.crt"']
        return lines + [f'certificate_file = "{where}/client.crt"', f'key_file = "{where}/client.key"'] * certificate

    def failing(self, servers, *lines):
        run_dir = tempfile.mkdtemp(prefix="sonde-e2e-")
        self.addCleanup(harness.shutil.rmtree, run_dir, ignore_errors=True)
        agent = self.agent(self.collector(servers, *lines, name="failing") + ENCODER, run_dir=run_dir).ready()
        found = wait_for(lambda: f"a failure: {self.check(agent, 'failing')}", lambda: (
            lambda found: found if found.get("reason") else None)(self.check(agent, "failing")))
        self.assertEqual(agent.stop(), 0)
        return found

    def test_client_certificates(self):
        servers = self.servers(tls=self.tls / "right", needs_certificates=True)
        agent = self.following(servers, *self.tls_options())
        self.until(agent, "/registry/a", servers.put("/registry/a"))
        self.assertTrue(self.check(agent)["ok"])
        wrong = self.failing(servers, f'ca_file = "{self.tls}/wrong/ca.crt"')
        self.assertEqual(wrong["reason"], "tls_untrusted")
        self.assertIn("ca_file", wrong["text"])
        none = self.failing(servers, *self.tls_options(certificate=False))
        self.assertIn(none["reason"], ("tls_refused", "tls_closed"), none)
        self.assertIn("certificate_file", none["text"])
        servers.scheme = "http"
        self.assertEqual(self.failing(servers)["watch"]["state"], "missing")

    def test_user_and_password_with_a_token_that_is_renewed(self):
        servers = self.servers(tls=self.tls / "right", options=["--auth-token-ttl", "2"])
        for words in (["user", "add", "root", "--new-user-password=secret"], ["user", "grant-role", "root", "root"],
                      ["role", "add", "reader"], ["role", "grant-permission", "reader", "read", "/registry/",
                                                   "--prefix=true"],
                      ["user", "add", "agent", f"--new-user-password={CANARY}"], ["user", "grant-role", "agent", "reader"],
                      ["auth", "enable"]):
            servers.etcdctl(*words)
            servers.user = "root:secret" if words == ["auth", "enable"] else None
        servers.login("root", "secret")
        (self.dir / "password").write_text(CANARY)
        (self.dir / "password").chmod(0o600)
        options = [*self.tls_options(certificate=False), 'user = "agent"', f'password = "file:{self.dir}/password"']
        agent = self.following(servers, *options)
        self.until(agent, "/registry/a", servers.put("/registry/a"))
        time.sleep(2.5)  # the token has expired
        servers.stop(0)
        servers.token = None
        servers.start(0)
        servers.until_healthy()
        servers.login("root", "secret")
        self.until(agent, "/registry/b", servers.put("/registry/b"))
        self.assertGreaterEqual(agent.metric("sonde_etcd_auth_tokens_total"), 2)
        self.assertNotIn(CANARY, agent.log() + agent.get("/debug/config").text + agent.out.read_text())
        (self.dir / "wrong").write_text("not it")
        (self.dir / "wrong").chmod(0o600)
        wrong = self.failing(servers, *options[:-1], f'password = "file:{self.dir}/wrong"')
        self.assertEqual(wrong["reason"], "auth_failed")
        denied = self.failing(servers, *options, 'prefixes = ["/registry/", "/private/"]')
        self.assertEqual(denied["reason"], "permission_denied")

    def test_no_value_of_a_secret_leaves_whatever_the_options(self):
        servers = self.servers()
        servers.put("/registry/secrets/shop/old", CANARY)
        servers.put("/registry/configmaps/shop/old", "may be told")
        agent = self.following(servers, "values = true", "previous_values = true", 'secret_prefixes = ["/vault/"]',
                               'begin = "list"', host='log_level = "trace"\n')
        listed = {key: self.until(agent, key, kinds=("resync",)) for key in ("/registry/secrets/shop/old",
                                                                             "/registry/configmaps/shop/old")}
        self.assertEqual([each["value"].get("text") for each in listed.values()], [None, "may be told"])
        for turn in range(2):
            for key in ("/registry/secrets/shop/tls", "/other.io/secrets/a/b"):
                servers.put(key, f"{CANARY} {turn}")
        servers.compact(servers.put("/registry/end", "open"))
        tap = harness.subprocess.Popen([harness.SONDE, "tap", "raw/etcd/", "--socket", agent.socket],
                                       stdout=harness.subprocess.PIPE, stderr=harness.subprocess.DEVNULL,
                                       env=harness.environment(), stdin=harness.subprocess.DEVNULL)
        wait_for("the tap", lambda: any(stream["subscribers"] >= 2 for lane in agent.get("/debug/lanes").json["lanes"]
                                        for stream in lane["streams"] if stream["topic"] == "raw/etcd/event/"))
        servers.put("/registry/secrets/shop/tls", f"{CANARY} last")
        last = servers.put("/registry/open", "may be told")
        event = self.until(agent, "/registry/open", last)
        self.assertEqual(event["value"]["text"], "may be told")
        secret = self.until(agent, "/registry/secrets/shop/tls")
        self.assertTrue(secret["secret"])
        self.assertEqual(secret["value"], {"size": len(CANARY) + 2})
        self.assertEqual(secret["kubernetes"]["kind"], "Secret")
        time.sleep(0.3)
        tap.terminate()
        tapped = tap.communicate(timeout=harness.PATIENCE)[0]
        self.assertIn(b"/registry/open", tapped)
        self.assertNotIn(CANARY.encode(), tapped)
        self.assertEqual(agent.stop(), 0)
        for path in [agent.out, agent.err, *(each for each in (self.dir / "state").rglob("*") if each.is_file())]:
            self.assertNotIn(CANARY.encode(), path.read_bytes(), path)


@unittest.skipIf(etcd_servers.why_not(), etcd_servers.why_not())
class ThreeMembers(Etcd):
    def test_members_that_fail_are_replaced_within_five_seconds_and_nothing_is_lost(self):
        servers = self.servers(3, tls=etcd_servers.authority(self.dir / "tls"))
        agent = self.following(servers, f'ca_file = "{servers.tls}/ca.crt"', 'status_interval = "500ms"',
                               'status_timeout = "1s"')
        written, stop = [], threading.Event()

        def write():
            while not stop.is_set():
                for i in range(3):
                    if servers.processes[i] is None:
                        continue
                    try:
                        number = len(written)
                        servers.put(f"/registry/{number:05}", i=i)
                        written.append(number)
                    except (OSError, RuntimeError, ValueError, etcd_servers.http.client.HTTPException):
                        pass  # it was told to end, or an election is under way
                    time.sleep(0.01)
        writer = threading.Thread(target=write)
        writer.start()
        took = []
        try:
            for turn in range(3):
                at = servers.endpoints.index(self.check(agent)["watch"]["endpoint"])
                begun, before = time.monotonic(), agent.metric("sonde_etcd_connects_total")
                servers.stop(at, signal.SIGKILL if turn % 2 else signal.SIGTERM)
                wait_for(lambda: f"another member: {self.check(agent)}",
                         lambda: agent.metric("sonde_etcd_connects_total") > before and
                         self.check(agent)["watch"]["text"].startswith("watching"))
                took.append(time.monotonic() - begun)
                self.assertNotEqual(servers.endpoints.index(self.check(agent)["watch"]["endpoint"]), at)
                before = agent.metric("sonde_etcd_events_total", kind="put")
                wait_for("further events", lambda: agent.metric("sonde_etcd_events_total", kind="put") > before + 5)
                lost = wait_for(lambda: f"a lost member: {self.check(agent)}",
                                lambda: (lambda found: found if not found["ok"] else None)(self.check(agent)))
                self.assertEqual(lost["watch"]["state"], "working")
                servers.start(at)
                wait_for(lambda: f"all members: {self.check(agent)}", lambda: self.check(agent)["ok"])
        finally:
            stop.set()
            writer.join()
        last = servers.put("/registry/end")
        self.until(agent, "/registry/end", last)
        told = [each["key"] for each in self.payloads(agent) if each["kind"] == "put"]
        self.assertEqual([each["kind"] for each in self.payloads(agent) if each["kind"] != "put"], [])
        missing = {f"/registry/{each:05}" for each in written} - set(told)
        self.assertEqual(missing, set())
        ids = [each["event_id"] for each in agent.lines() if each["content_type"] == "sonde.v1.EtcdEvent"]
        self.assertEqual(len(ids), len(set(ids)), "nothing twice")
        print(f"{len(written)} puts; followed again after " + ", ".join(f"{each:.1f} s" for each in took), flush=True)
        self.assertLess(max(took), 5)

    def test_a_member_that_stands_still_is_replaced_within_five_seconds(self):
        servers = self.servers(3)
        agent = self.following(servers)
        at = servers.endpoints.index(self.check(agent)["watch"]["endpoint"])
        servers.processes[at].send_signal(signal.SIGSTOP)
        begun = time.monotonic()
        wait_for(lambda: f"another member: {self.check(agent)}",
                 lambda: self.check(agent)["watch"]["endpoint"] != servers.endpoints[at] and
                 self.check(agent)["watch"]["text"].startswith("watching"))
        took = time.monotonic() - begun
        print(f"followed again after {took:.1f} s", flush=True)
        self.assertLess(took, 5)
        other = (at + 1) % 3
        self.until(agent, "/registry/after", servers.put("/registry/after", i=other))
        servers.processes[at].send_signal(signal.SIGCONT)

    def test_status_of_each_member_and_of_a_cluster_without_majority(self):
        servers = self.servers(3)
        agent = self.following(servers, 'status_interval = "300ms"', 'status_timeout = "1s"')
        for i in range(20):
            servers.put(f"/registry/{i}")
        page = wait_for("all members", lambda: (lambda page: page if len(page["members"]) == 3 and
                                                all(each["reachable"] for each in page["endpoints"]) else None)(
            agent.get("/modules/etcd/members").json))
        shown = json.loads(servers.etcdctl("endpoint", "status", "-w", "json"))
        self.assertEqual({each["id"] for each in page["endpoints"]},
                         {f"{each['Status']['header']['member_id']:x}" for each in shown})
        self.assertEqual({each["name"] for each in page["endpoints"]}, {"m0", "m1", "m2"})
        self.assertEqual(sum(each["leader"] for each in page["endpoints"]), 1)
        leader = next(each for each in page["endpoints"] if each["leader"])
        self.assertEqual(agent.metric("sonde_etcd_member_leader_ratio", endpoint=leader["endpoint"]), 1)
        self.assertEqual(agent.metric("sonde_etcd_members"), 3)
        statuses = self.payloads(agent, "EtcdStatus")
        self.assertEqual({each["endpoint"] for each in statuses}, set(servers.endpoints))
        at = servers.endpoints.index(self.check(agent)["watch"]["endpoint"])
        for i in {0, 1, 2} - {at}:
            servers.stop(i)
        wait_for(lambda: f"no leader: {self.check(agent)}",
                 lambda: self.check(agent)["status"].get("reason") == "no_leader")
        wait_for(lambda: f"no watch: {self.check(agent)}", lambda: not self.check(agent)["ok"])
        for i in {0, 1, 2} - {at}:
            servers.start(i)
        wait_for(lambda: f"all members: {self.check(agent)}", lambda: self.check(agent)["ok"])
        self.until(agent, "/registry/after", servers.put("/registry/after"))

    def test_a_late_subscriber_gets_the_status(self):
        servers = self.servers(3)
        agent = self.following(servers, 'status_interval = "1h"')
        wait_for("a status", lambda: len(self.payloads(agent, "EtcdStatus")) >= 3)
        done = harness.sonde("tap", "raw/etcd/status/", "--socket", agent.socket, "--snapshot", "--count", "3")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual({json.loads(line)["payload"]["endpoint"] for line in done.stdout.splitlines()},
                         set(servers.endpoints))


if __name__ == "__main__":
    harness.main()
