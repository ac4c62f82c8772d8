#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The etcd collector in a running agent, beside a real server on loopback."""

import json
import random
import signal
import threading
import time
import unittest

from etcd_case import ENCODER, Etcd, etcd_servers
import harness
from harness import wait_for


@unittest.skipIf(etcd_servers.why_not(), etcd_servers.why_not())
class OneMember(Etcd):
    def test_events_have_the_revisions_that_etcdctl_shows(self):
        servers = self.servers()
        agent = self.following(servers, "values = true", "previous_values = true")
        servers.etcdctl("put", "/registry/pods/shop/web", "one")
        servers.etcdctl("put", "/elsewhere", "not told")
        servers.etcdctl("put", "/registry/pods/shop/web", "two")
        lease = servers.etcdctl("lease", "grant", "600").split()[1]
        servers.etcdctl("put", "/registry/leases/a/b", "leased", "--lease", lease)
        shown = {each["key"]: each for each in (
            json.loads(servers.etcdctl("get", key, "-w", "json"))["kvs"][0]
            for key in ("/registry/pods/shop/web", "/registry/leases/a/b"))}
        servers.etcdctl("del", "/registry/pods/shop/web")
        gone = json.loads(servers.etcdctl("get", "none", "-w", "json"))["header"]["revision"]
        last = self.until(agent, "/registry/pods/shop/web", gone)
        found = self.payloads(agent)
        self.assertEqual([each["kind"] for each in found], ["put", "put", "put", "delete"], found)
        for each in found[1:3]:
            told = shown[etcd_servers.encoded(each["key"])]
            self.assertEqual({"mod_revision": each["mod_revision"], "create_revision": each["create_revision"],
                              "version": each["version"]},
                             {key: told[key] for key in ("mod_revision", "create_revision", "version")})
        self.assertEqual(found[2]["lease"], int(lease, 16))
        self.assertEqual(found[1]["value"], {"size": 3, "text": "two"})
        self.assertEqual(found[1]["previous"]["value"]["text"], "one")
        self.assertEqual(found[1]["previous"]["mod_revision"], found[0]["mod_revision"])
        self.assertEqual(found[0]["kubernetes"],
                         {"resource": "pods", "kind": "Pod", "namespace": "shop", "name": "web"})
        self.assertEqual(last["mod_revision"], gone)
        self.assertNotIn("value", last)
        self.assertEqual(last["previous"]["value"]["text"], "two")

    def test_large_transactions_come_whole(self):
        servers = self.servers()
        agent = self.following(servers, "values = true", "previous_values = true", 'value_limit = "4KiB"')
        # With what was there before they are more than the 2 MiB that a member sends at once: it cuts them into fragments.
        for turn in range(2):
            revision = servers.transaction([(f"/registry/bulk/{i:03}", f"{turn}" * 12_000) for i in range(110)])
        wait_for(lambda: f"220 events: {len(self.payloads(agent))}", lambda: len(self.payloads(agent)) == 220)
        found = self.payloads(agent)[110:]
        self.assertEqual({each["mod_revision"] for each in found}, {revision})
        self.assertEqual(len({each["key"] for each in found}), 110)
        for each in found:
            self.assertEqual((each["value"]["size"], each["value"]["text"], each["value"]["truncated"]),
                             (12_000, "1" * 4096, True))
            self.assertEqual(each["previous"]["value"]["text"], "0" * 4096)
        self.assertGreater(agent.metric("sonde_etcd_watch_fragments_total"), 0)

    def test_two_instances_side_by_side(self):
        first, second = self.servers(), etcd_servers.Cluster(self.dir / "others").up()
        self.addCleanup(second.down)
        agent = self.agent(self.collector(first, 'prefixes = ["/a/", "/b/"]', name="one") +
                           self.collector(second, 'prefixes = ["/a/"]', name="two") + ENCODER).ready()
        for name in ("one", "two"):
            self.until_following(agent, name)
        for i in range(3):
            first.put(f"/a/{i}")
        first.put("/b/x")
        second.put("/a/other")
        self.until(agent, "/b/x", name="one")
        self.until(agent, "/a/other", name="two")
        counts = {name: agent.metric("sonde_etcd_events_total", kind="put", instance_name=name) for name in ("one", "two")}
        self.assertEqual(counts, {"one": 4, "two": 1})
        self.assertEqual([each["key"] for each in self.payloads(agent, name="two")], ["/a/other"])
        self.assertNotEqual(self.check(agent, "one")["watch"]["cluster_id"], self.check(agent, "two")["watch"]["cluster_id"])

    def test_the_same_state_is_refused_and_said(self):
        servers = self.servers()
        again = self.collector(servers, name="other").replace('state_name = "other"', 'state_name = "etcd"')
        agent = self.agent(self.collector(servers) + again + ENCODER).ready()
        wait_for("both", lambda: sorted((self.check(agent, name)["watch"]["state"], self.check(agent, name).get("reason"))
                                        for name in ("etcd", "other")) == [("missing", "state_in_use"), ("working", None)])

    def test_nothing_is_lost_over_restarts_at_random_points_and_repeats_are_known(self):
        seed = random.randrange(1 << 32)
        print(f"seed {seed}", flush=True)
        chance = random.Random(seed)
        servers = self.servers()
        options = ('settle = "500ms"', 'status_interval = "0s"', 'prefixes = ["/registry/", "/jobs/"]')
        agent, written, stop = self.following(servers, *options), [], threading.Event()

        def write():
            connection = servers.connection()
            while not stop.is_set():
                key = f"/{chance.choice(('registry', 'jobs'))}/{chance.randrange(50)}"
                written.append((servers.put(key, "x", connection), key))
                time.sleep(chance.random() * 0.004)
            connection.close()
        writer = threading.Thread(target=write)
        writer.start()
        told, kills = [], 0
        for turn in range(8):
            time.sleep(chance.random() * 0.8)
            if turn % 2:
                agent.stop(signal.SIGKILL)
                kills += 1
            else:
                self.assertEqual(agent.stop(), 0)
            told.append(agent.lines())
            agent = self.agent(self.collector(servers, *options) + ENCODER).ready()
        stop.set()
        writer.join()
        self.until(agent, written[-1][1], written[-1][0])
        for prefix in ("/registry/", "/jobs/"):
            revision, key = next(each for each in reversed(written) if each[1].startswith(prefix))
            self.until(agent, key, revision)
        self.assertEqual(agent.stop(), 0)
        told.append(agent.lines())
        ids, repeated, order = {}, 0, {"/registry/": [], "/jobs/": []}
        for line in (each for lines in told for each in lines):
            event = line["payload"]
            self.assertEqual(event["kind"], "put")
            at = (event["mod_revision"], event["key"])
            if line["event_id"] in ids:
                self.assertEqual(ids[line["event_id"]], at)
                repeated += 1
            else:
                ids[line["event_id"]] = at
                order[f"/{event['key'].split('/')[1]}/"].append(at)
        for prefix, found in order.items():
            self.assertEqual(found, [each for each in written if each[1].startswith(prefix)],
                             "all, once each, in order, after repeats are taken out by their event ids")
        print(f"{len(written)} puts, {kills} kills, {repeated} repeats", flush=True)

    def test_what_is_told_adds_up_to_the_store_through_compactions_and_kills(self):
        seed = random.randrange(1 << 32)
        print(f"seed {seed}", flush=True)
        chance = random.Random(seed)
        servers = self.servers()
        options = ('settle = "50ms"', 'status_interval = "0s"', 'begin = "list"', "page_size = 7")
        stop = threading.Event()

        def write():
            revision, compacted = 1, 1
            while not stop.is_set():
                key = f"/registry/{chance.randrange(40)}"
                revision = servers.put(key) if chance.random() < 0.7 else servers.delete(key)
                if chance.random() < 0.03 and revision > compacted:
                    servers.compact(revision)
                    compacted = revision
                time.sleep(chance.random() * 0.004)
        writer = threading.Thread(target=write)
        writer.start()
        told = []
        for turn in range(8):
            agent = self.agent(self.collector(servers, *options) + ENCODER).ready()
            time.sleep(chance.random() * 0.7)
            agent.stop(signal.SIGKILL if turn % 2 else signal.SIGTERM)
            told += self.payloads(agent)
            time.sleep(chance.random() * 0.3)
        agent = self.agent(self.collector(servers, *options) + ENCODER).ready()
        time.sleep(0.3)
        stop.set()
        writer.join()
        last = servers.put("/registry/end")
        wait_for(lambda: f"the end: {self.check(agent)}", lambda: (
            lambda watch: watch["text"].startswith("watching") and watch["ranges"][0]["revision"] >= last)(
            self.check(agent)["watch"]))
        self.until(agent, "/registry/end", last, kinds=("put", "resync"))
        self.assertEqual(agent.stop(), 0)
        told += self.payloads(agent)
        store, listing = {}, {}
        for event in told:
            if event["kind"] == "put":
                store[event["key"]] = event["mod_revision"]
            elif event["kind"] == "delete":
                store.pop(event["key"], None)
            elif event["kind"] == "resync":
                listing.setdefault(event["revision"], {})[event["key"]] = event["mod_revision"]
            elif event["kind"] == "synced":
                store = dict(listing.get(event["revision"], {}))
                self.assertEqual(len(store), event.get("key_count", 0))
        pairs = servers.call("kv/range", {"key": etcd_servers.encoded("/registry/"),
                                          "range_end": etcd_servers.encoded("/registry0")})["kvs"]
        self.assertEqual({etcd_servers.encoded(key): revision for key, revision in store.items()},
                         {each["key"]: int(each["mod_revision"]) for each in pairs})
        print(f"{len(told)} events, {sum(each['kind'] == 'gap' for each in told)} gaps", flush=True)

    def test_clean_restarts_repeat_nothing(self):
        servers = self.servers()
        agent, every = self.following(servers), []
        for turn in range(4):
            self.until(agent, f"/registry/{turn}", servers.put(f"/registry/{turn}"))
            self.assertEqual(agent.stop(), 0)
            every += [each["mod_revision"] for each in self.payloads(agent)]
            servers.put(f"/registry/away/{turn}")
            agent = self.following(servers)
        self.until(agent, "/registry/away/3")
        every += [each["mod_revision"] for each in self.payloads(agent)]
        self.assertEqual(every, list(range(2, 10)))

    def test_a_compaction_while_away_is_one_gap_and_a_resync(self):
        servers = self.servers()
        agent = self.following(servers, "page_size = 3")
        position = servers.put("/registry/first")
        self.until(agent, "/registry/first")
        self.assertEqual(agent.stop(), 0)
        for i in range(10):
            last = servers.put(f"/registry/away/{i}")
        servers.delete("/registry/away/0")
        last += 1
        servers.compact(last)
        agent = self.agent(self.collector(servers, "page_size = 3") + ENCODER).ready()
        wait_for(lambda: f"the end: {self.payloads(agent)}",
                 lambda: any(each["kind"] == "synced" for each in self.payloads(agent)))
        after = servers.put("/registry/after")
        self.until(agent, "/registry/after")
        found = self.payloads(agent)
        kinds = [each["kind"] for each in found]
        self.assertEqual(kinds, ["gap"] + ["resync"] * 10 + ["synced", "put"], found)
        self.assertEqual((found[0]["reason"], found[0]["from_revision"], found[0]["revision"]),
                         ("compacted", position + 1, last))
        self.assertEqual({each["key"] for each in found[1:11]},
                         {"/registry/first"} | {f"/registry/away/{i}" for i in range(1, 10)})
        self.assertEqual({each["revision"] for each in found[1:12]}, {last})
        self.assertEqual(found[11]["key_count"], 10)
        self.assertEqual(found[12]["mod_revision"], after)
        self.assertEqual(agent.metric("sonde_etcd_gaps_total"), 1)
        self.assertEqual(agent.stop(), 0)
        agent = self.following(servers)
        self.assertEqual(self.payloads(agent), [])

    def test_it_can_begin_with_all_there_is(self):
        servers = self.servers()
        for i in range(5):
            servers.put(f"/registry/{i}", "value")
        agent = self.following(servers, 'begin = "list"', "page_size = 2")
        found = wait_for("all", lambda: (lambda all: all if len(all) == 6 else None)(self.payloads(agent)))
        self.assertEqual([each["kind"] for each in found], ["resync"] * 5 + ["synced"])
        self.assertNotIn("value", found[0])
        self.assertEqual(self.check(agent)["watch"]["ranges"][0]["revision"], 6)

    def test_a_server_that_comes_back_is_followed_within_five_seconds(self):
        servers = self.servers()
        agent = self.following(servers)
        servers.put("/registry/before")
        servers.stop(0)
        wait_for(lambda: f"the loss: {self.check(agent)}", lambda: self.check(agent).get("reason") == "unreachable")
        time.sleep(3)  # the pauses have grown
        servers.start(0)
        servers.until_healthy()
        begun = time.monotonic()
        revision = servers.put("/registry/after")
        self.until(agent, "/registry/after", revision)
        took = time.monotonic() - begun
        print(f"followed again {took:.1f} s after the server's return", flush=True)
        self.assertLess(took, 5)
        self.assertEqual([each["kind"] for each in self.payloads(agent)], ["put", "put"])

    def test_a_server_that_stands_still_is_followed_when_it_goes_on(self):
        servers = self.servers()
        agent = self.following(servers, 'status_interval = "0s"')
        servers.processes[0].send_signal(signal.SIGSTOP)
        wait_for(lambda: f"silence: {self.check(agent)}", lambda: not self.check(agent)["ok"])
        servers.processes[0].send_signal(signal.SIGCONT)
        begun = time.monotonic()
        revision = servers.put("/registry/after")
        self.until(agent, "/registry/after", revision)
        self.assertLess(time.monotonic() - begun, 5)

    def test_a_restored_older_store_and_another_cluster_are_gaps(self):
        servers = self.servers()
        agent = self.following(servers)
        for i in range(5):
            servers.put(f"/registry/{i}")
        self.until(agent, "/registry/4")
        servers.stop(0)
        harness.shutil.rmtree(servers.dir / "m0")
        servers.start(0)
        servers.until_healthy()
        # A new cluster with the same members and token has the same id: only its revisions show that it is another.
        gap = wait_for(lambda: f"a gap: {self.check(agent)} {self.payloads(agent)}", lambda: next(
            (each for each in self.payloads(agent) if each["kind"] == "gap"), None))
        self.assertIn(gap["reason"], ("went_back", "other_cluster"))
        self.until_following(agent)
        self.until(agent, "/registry/new", servers.put("/registry/new"))

    def test_a_full_quota_is_told(self):
        servers = self.servers(options=["--quota-backend-bytes", str(2 << 20)])
        agent = self.following(servers, 'status_interval = "200ms"')
        with self.assertRaisesRegex(RuntimeError, "space exceeded"):
            for i in range(400):  # etcd looks at the size of what it has committed, which it does now and then
                servers.put(f"/other/{i}", "x" * 100_000)
        wait_for(lambda: f"the alarm: {self.check(agent)}", lambda: self.check(agent).get("reason") == "alarm_nospace")
        self.assertIn("alarm disarm", self.check(agent)["text"])
        self.assertEqual(agent.metric("sonde_etcd_alarms"), 1)
        status = wait_for("a status", lambda: [
            each for each in self.payloads(agent, "EtcdStatus") if "NOSPACE" in each.get("alarms", [])])[-1]
        self.assertGreater(status["db_size"], 2 << 20)
        self.assertEqual(agent.instance("etcd")["health"], "recoverable")
        servers.etcdctl("alarm", "disarm")
        wait_for(lambda: f"health: {self.check(agent)}", lambda: self.check(agent)["ok"])


if __name__ == "__main__":
    harness.main()
