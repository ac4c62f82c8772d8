#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Kubernetes collector in a running agent, against an API server that follows the protocol and misbehaves."""

import base64
import collections
import json
import pathlib
import random
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support" / "k8s"))
import certificates
import harness
import kubelet
import objects
import server
import tables
from harness import wait_for

FAST = 'start_jitter = "0s"\nrequests_per_second = 1000.0\nrequest_burst = 1000\nretry_first = "10ms"\nretry_limit = "100ms"\n'
ENCODER = '[[encoders]]\ntype = "encode_jsonl"\ndelivery = "lossless"\n'


class Kubernetes(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("k8s", "encode_jsonl")

    def server(self, items=(), **more):
        made = server.ApiServer(self.dir, **more)
        made.load(items or [objects.namespace("kube-system"), objects.namespace("shop"), objects.node("node-a")])
        made.start()
        self.addCleanup(made.stop)
        self.token = self.dir / "token"
        self.token.write_text("good-token\n")
        return made

    def options(self, api, more="", access=None):
        access = access or (f'server = "{api.url}"\ntoken_file = "{self.token}"\n'
                            f'ca_file = "{api.authority.certificate}"\n')
        return f'[[collectors]]\ntype = "k8s"\n[collectors.config]\n{access}{FAST}{more}'

    def watching(self, api, more="", access=None, env=None, synced=True):
        agent = self.agent(self.options(api, more, access) + ENCODER, env=env).ready()
        if synced:
            wait_for(lambda: f"all kinds: {self.check(agent)}\n{agent.log()}", lambda: self.check(agent).get("synced"))
        return agent

    def check(self, agent):
        return agent.get("/modules/k8s/check").json

    def kinds(self, agent):
        return {each["kind"]: each for each in agent.get("/modules/k8s/kinds").json["kinds"]}

    def told(self, agent, kind=None):
        """Payloads in order, without marks."""
        return [each["payload"] for each in agent.lines()
                if each["content_type"] == "sonde.v1.KubernetesObject" and each["payload"]["action"] != "synced"
                and kind in (None, each["payload"]["kind"])]

    def until_told(self, agent, count, kind):
        return wait_for(lambda: f"{count} changes of {kind}: {json.dumps(self.told(agent, kind))[:3000]}\n{agent.log()}",
                        lambda: (lambda found: found if len(found) >= count else None)(self.told(agent, kind)))

    def state(self, agent, kind):
        """What a reader of the stream holds in the end; says when an event contradicts the ones before it."""
        held = {}
        for each in self.told(agent, kind):
            if each["origin"] in ("snapshot", "amendment"):
                continue
            key, version = f"{each['namespace']}/{each['name']}", (each["uid"], each["resource_version"])
            if each["action"] == "added":
                self.assertNotIn(key, held, "added twice")
                held[key] = version
            elif each["action"] == "modified":
                self.assertIn(key, held, "changed before it was there")
                self.assertNotEqual(held[key], version, "told twice")
                held[key] = version
            else:
                self.assertIn(key, held, "deleted twice")
                del held[key]
        return {key: version[1] for key, version in held.items()}

    # ---- following ----

    def test_creation_change_and_deletion_are_three_events(self):
        api = self.server()
        agent = self.watching(api)
        for item in (objects.pod("web", "shop"), objects.service("web", "shop"), objects.node("node-b")):
            api.apply(item)
            changed = dict(item, metadata=dict(item["metadata"], labels={"new": "label"}))
            api.apply(changed)
            api.delete(item)
            found = wait_for("three events", lambda: (lambda of: of if len(of) == 3 else None)(
                [each for each in self.told(agent, item["kind"]) if each["name"] == item["metadata"]["name"]]))
            self.assertEqual([each["action"] for each in found], ["added", "modified", "deleted"])
            self.assertEqual({each["uid"] for each in found}, {item["metadata"]["uid"]})
            self.assertEqual(found[1]["labels"], {"new": "label"})
        pod = self.told(agent, "Pod")[0]
        text = base64.b64decode(pod["object_json"]).decode()
        self.assertNotIn("very secret", text)
        self.assertNotIn("managedFields", text)
        self.assertEqual(json.loads(text)["spec"]["nodeName"], "node-a")
        self.assertEqual({each["type"] for each in pod["relations"]}, {"mounts", "uses", "scheduled_on"})
        line = next(each for each in agent.lines() if each["payload"].get("kind") == "Pod" and "pod_uid" in each)
        self.assertEqual((line["pod_name"], line["pod_namespace"]), ("web", "shop"))
        self.assertEqual(line["attributes"]["k8s.node.name"], "node-a")

    def test_a_controller_says_what_it_created_and_a_policy_what_it_applies_to(self):
        api = self.server()
        for item in objects.workload("cart", "shop", 2):
            api.apply(item)
        agent = self.watching(api, 'kinds = ["deployments", "replicasets", "pods", "networkpolicies"]\n')
        api.apply({"kind": "NetworkPolicy", "apiVersion": "networking.k8s.io/v1",
                   "metadata": objects.meta("deny", "shop", "NetworkPolicy"),
                   "spec": {"podSelector": {"matchLabels": {"app": "cart"}}}})
        late = objects.workload("cart", "shop", 3)[-1]
        api.apply(late)

        def created(name):
            last = [each for each in self.told(agent) if each["name"] == name][-1:]
            return [each["name"] for of in last for each in of.get("relations", []) if each["type"] == "creates"]
        pods = [f"cart-6dcd665c67-{number:05}" for number in range(3)]
        wait_for(lambda: f"what was created: {created('cart-6dcd665c67')}",
                 lambda: sorted(created("cart-6dcd665c67")) == pods)
        self.assertEqual(created("cart"), ["cart-6dcd665c67"])
        self.assertEqual(created(pods[0]), [])
        policy = wait_for("the policy", lambda: self.told(agent, "NetworkPolicy"))[0]
        self.assertEqual(policy["relations"], [{"type": "applies_to", "kind": "Pod", "namespace": "shop",
                                                "selector": "app=cart"}])

    def test_a_workload_shares_one_trace_and_strangers_have_others(self):
        api = self.server()
        agent = self.watching(api)
        for name in ("cart", "mail"):
            for item in objects.workload(name, "shop", 2):
                api.apply(item)
        api.apply(objects.event("crash", "shop", objects.workload("cart", "shop")[2]))

        def traces():
            found = collections.defaultdict(set)
            for each in agent.lines():
                name = each["payload"].get("name", "")
                if trace := each.get("object_trace_id"):
                    found[name].add(trace)
            return found
        wait_for(lambda: f"traces of all: {traces()}", lambda: {
            "cart", "cart-6dcd665c67", "cart-6dcd665c67-00000", "cart-6dcd665c67-00001", "mail-6dcd665c67-00001",
            "crash"} <= set(traces()))
        found = traces()
        cart = set.union(*(found[each] for each in found if each.startswith("cart")), found["crash"])
        mail = set.union(*(found[each] for each in found if each.startswith("mail")))
        self.assertEqual((len(cart), len(mail)), (1, 1))
        self.assertNotEqual(cart, mail)

    def test_events_are_counted_and_ignored_namespaces_are_absent(self):
        api = self.server()
        pod = api.apply(objects.pod("web", "shop"))
        agent = self.watching(api)
        api.apply(objects.event("noise", "kube-system", pod))
        api.apply(objects.event("back-off", "shop", pod))
        self.until_told(agent, 1, "Event")
        self.assertEqual([each["name"] for each in self.told(agent, "Event")], ["back-off"])
        event = self.told(agent, "Event")[0]["event"]
        self.assertEqual((event["reason"], event["type"], event["involved"]["name"]), ("BackOff", "Warning", "web"))
        labels = {"reason": "BackOff", "type": "Warning", "namespace": "shop", "involved_kind": "Pod"}
        self.assertEqual(agent.metric("sonde_k8s_events_total", **labels), 1)
        self.assertEqual(agent.metric("sonde_k8s_warnings_total", namespace="shop"), 1)
        # In kube-system only events are left out.
        api.apply(objects.pod("dns", "kube-system"))
        self.until_told(agent, 2, "Pod")

    def test_one_list_per_kind_in_pages_and_nothing_but_what_is_asked_for(self):
        api = self.server(objects.cluster(120, 20, 5, 3), bookmark_interval=0.1)
        agent = self.watching(api, 'page_size = 25\nkinds = ["pods", "services", "namespaces"]\n')
        for number in range(10):
            api.apply(objects.pod(f"new-{number}", "team-00"))
        self.until_told(agent, 130, "Pod")
        counts = api.counts()
        self.assertEqual(set(counts), {"pods", "services", "namespaces"})
        self.assertEqual([counts[each]["lists"] for each in counts], [1, 1, 1])
        self.assertEqual(counts["pods"]["pages"], 5)
        self.assertEqual(self.state(agent, "Pod"), api.snapshot("pods"))
        print(api.report(), flush=True)

    def test_a_daemon_set_watches_its_own_pods(self):
        api = self.server()
        api.apply(objects.pod("mine", "shop", "node-a"))
        api.apply(objects.pod("other", "shop", "node-b"))
        agent = self.watching(api, env={"NODE_NAME": "node-a"})
        moving = api.apply(objects.pod("late", "shop", "node-b"))
        api.apply(dict(moving, spec=dict(moving["spec"], nodeName="node-a")))
        self.until_told(agent, 2, "Pod")
        self.assertEqual([each["name"] for each in self.told(agent, "Pod")], ["mine", "late"])
        self.assertNotIn("events", api.counts())

    def test_the_list_of_kinds_decides_what_is_asked_for(self):
        kinds = ["configmaps", "cronjobs", "daemonsets", "deployments", "endpoints", "events", "jobs", "networkpolicies",
                 "persistentvolumeclaims", "persistentvolumes", "replicasets", "serviceaccounts", "statefulsets"]
        for wanted in (kinds[::2], kinds[1::2], kinds):
            api = self.server()
            for each in kinds:
                of = tables.BY_RESOURCE[each]
                api.apply({"kind": of.kind, "apiVersion": of.versions[0],
                           "metadata": objects.meta("one", "shop" if of.namespaced else None, of.kind)})
            agent = self.watching(api, f"kinds = {json.dumps(wanted)}\n")
            expected = sorted(tables.BY_RESOURCE[each].kind for each in wanted)
            wait_for(lambda: f"one of each: {self.told(agent)}",
                     lambda: sorted(each["kind"] for each in self.told(agent)) == expected)
            agent.stop()
            # Besides them only that one namespace, whose uid is the cluster's identity.
            asked = {name: (each["lists"], each["watches"]) for name, each in api.counts().items()
                     if each.get("lists") or each.get("watches")}
            self.assertEqual(asked, {each: (1, 1) for each in wanted})

    def test_namespaces_and_selectors_choose(self):
        api = self.server()
        for space in ("shop", "mail"):
            api.apply(objects.pod("web", space, labels={"tier": "web"}))
            api.apply(objects.pod("db", space, labels={"tier": "db"}))
        agent = self.watching(api, 'namespaces = ["shop"]\nkinds = ["pods"]\n'
                                   '[collectors.config.label_selectors]\npods = "tier in (web,api)"\n')
        self.assertEqual([(each["namespace"], each["name"]) for each in self.until_told(agent, 1, "Pod")],
                         [("shop", "web")])
        self.assertTrue(any("/api/v1/namespaces/shop/pods" in target for _, target in api.requests))

    def test_a_late_subscriber_gets_a_snapshot(self):
        api = self.server()
        api.apply(objects.pod("web", "shop"))
        agent = self.watching(api)
        done = harness.sonde("tap", "raw/k8s/object/", "--socket", agent.socket, "--snapshot", "--where",
                             "payload.kind=Pod", "--count", "2")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([each["payload"]["action"] for each in lines], ["added", "synced"])
        self.assertEqual([each["payload"]["origin"] for each in lines], ["snapshot"] * 2)
        self.assertTrue(all(each["snapshot"] for each in lines))
        self.assertEqual(api.counts()["pods"]["lists"], 1, "told from memory")

    # ---- faults ----

    def test_after_expiry_the_difference_is_told_with_deletions(self):
        api = self.server()
        stays, changes, goes = (api.apply(objects.pod(each, "shop")) for each in ("stays", "changes", "goes"))
        agent = self.watching(api)
        api.fault("status", code=503, verb="watch", resource="pods", times=1000)
        api.cut_all("pods")
        wait_for("the connection to be missed", lambda: self.kinds(agent)["pods"].get("reason") == "server_error")
        api.delete(goes)
        api.apply(changes)
        api.apply(objects.pod("comes", "shop"))
        api.compact()
        api.call(api.faults.clear)
        found = self.until_told(agent, 6, "Pod")[3:]
        self.assertEqual({(each["action"], each["origin"], each["name"]) for each in found},
                         {("modified", "relist", "changes"), ("added", "relist", "comes"), ("deleted", "relist", "goes")})
        self.assertEqual(self.state(agent, "Pod"), api.snapshot("pods"))
        self.assertEqual(agent.metric("sonde_k8s_relists_total", kind="pods", reason="expired"), 1)
        tombstone = next(each for each in found if each["action"] == "deleted")
        self.assertEqual(json.loads(base64.b64decode(tombstone["object_json"]))["spec"]["nodeName"], "node-a")

    def test_after_200_cuts_nothing_is_missed_or_doubled(self):
        seed = random.randrange(1 << 32)
        print(f"seed {seed}", flush=True)
        chance = random.Random(seed)
        api = self.server(seed=seed, window=100_000)
        agent = self.watching(api, 'kinds = ["pods"]\npage_size = 7\n')
        live, number = {}, 0
        while api.cuts < 200:
            # The next watch is cut after so many bytes, wherever in a frame that is; now and then it cannot resume, and
            # the list is cut as well.
            if not any(each["verb"] == "watch" for each in list(api.faults)):
                api.fault("cut", verb="watch", resource="pods", after=chance.randrange(1, 6000))
            if chance.random() < 0.04:
                api.fault("cut", verb="list", resource="pods", after=chance.randrange(1, 9000))
                api.compact()
                api.cut_all("pods")
            for _ in range(chance.randrange(1, 6)):
                action = chance.random()
                if action < 0.5 or not live:
                    number += 1
                    live[number] = api.apply(objects.pod(f"pod-{number % 40}", "shop", address=f"10.0.0.{number % 250}"))
                elif action < 0.8:
                    api.apply(live[chance.choice(list(live))])
                else:
                    item = live.pop(chance.choice(list(live)))
                    if f"shop/{item['metadata']['name']}" in api.snapshot("pods"):
                        api.delete(item)
            time.sleep(chance.random() * 0.02)
        api.call(api.faults.clear)
        wait_for(lambda: f"the same state: {self.state(agent, 'Pod')} {api.snapshot('pods')}",
                 lambda: self.state(agent, "Pod") == api.snapshot("pods"))
        print(f"{api.cuts} cuts, {len(self.told(agent, 'Pod'))} changes\n{api.report()}", flush=True)

    def test_broken_answers_are_survived(self):
        api = self.server()
        api.apply(objects.pod("web", "shop"))
        api.fault("truncate", verb="list", resource="pods", times=2)
        api.fault("status", code=429, retry_after=1, verb="list", resource="services")
        api.fault("status", code=500, verb="list", resource="nodes", times=2)
        agent = self.watching(api)
        api.fault("frame", verb="watch", resource="pods", line=b'{"type":"ADDED","object":{"metadata":\n')
        api.cut_all("pods")
        wait_for("a list", lambda: self.kinds(agent)["pods"]["last_relist"] == "malformed")
        api.apply(objects.pod("late", "shop"))
        wait_for("the pod", lambda: self.state(agent, "Pod") == api.snapshot("pods"))
        huge = objects.pod("huge", "shop")
        huge["status"]["message"] = "x" * 3_000_000
        huge["status"]["novelty"] = {"deep": [[[{}]]]}
        api.apply(huge)
        found = wait_for("the huge pod", lambda: [each for each in self.told(agent, "Pod") if each["name"] == "huge"])
        self.assertTrue(found[0]["object_json_left_out"])
        self.assertEqual(agent.metric("sonde_lane_dropped_items_total", reason="oversize"), 0)

    def test_a_silent_watch_is_noticed(self):
        api = self.server()
        api.fault("stall", verb="watch", resource="pods", after=0)
        agent = self.watching(api, 'watch_idle_limit = "1s"\n')
        api.apply(objects.pod("web", "shop"))
        self.until_told(agent, 1, "Pod")
        wait_for("the stall to be shown", lambda: self.kinds(agent)["pods"]["stalls"] >= 1)
        self.assertEqual(api.counts()["pods"]["lists"], 1, "it goes on where it stood")

    def test_a_refused_kind_leaves_the_others_alone(self):
        api = self.server(missing={"batch/v1"})
        api.denied.add("nodes")
        api.apply(objects.pod("web", "shop"))
        agent = self.watching(api, 'refused_retry = "200ms"\n', synced=False)
        self.until_told(agent, 1, "Pod")
        wait_for(lambda: f"a report: {agent.instance('k8s')}", lambda: "forbidden" in json.dumps(agent.instance("k8s")))
        kinds = self.kinds(agent)
        self.assertEqual((kinds["nodes"]["reason"], kinds["jobs"]["reason"]), ("forbidden", "kind_missing"))
        self.assertNotIn("reason", kinds["pods"])
        api.call(api.denied.clear)
        api.call(api.missing.clear)
        wait_for(lambda: f"recovery: {self.check(agent)}", lambda: self.check(agent)["ok"])

    def test_older_slices_are_found_by_discovery(self):
        api = self.server(missing={"discovery.k8s.io/v1"})
        agent = self.watching(api)
        self.assertEqual(self.kinds(agent)["endpointslices"]["version"], "discovery.k8s.io/v1beta1")

    # ---- access ----

    def test_a_rotated_token_is_taken_up(self):
        api = self.server()
        agent = self.watching(api)
        api.call(api.tokens.clear)
        api.tokens["next-token"] = "agent"
        api.cut_all()
        wait_for(lambda: f"refusal: {self.check(agent)}", lambda: self.check(agent).get("reason") == "unauthorized")
        new = self.dir / "token.new"
        new.write_text("next-token")
        new.rename(self.token)
        wait_for(lambda: f"recovery: {self.check(agent)}", lambda: self.check(agent)["ok"])
        api.apply(objects.pod("web", "shop"))
        self.until_told(agent, 1, "Pod")
        self.assertEqual(api.counts()["pods"]["lists"], 1)

    def test_a_wrong_authority_is_refused_and_named(self):
        api = self.server()
        other = certificates.Authority(self.dir / "other")
        agent = self.watching(api, synced=False, access=f'server = "{api.url}"\ntoken_file = "{self.token}"\n'
                                                        f'ca_file = "{other.certificate}"\n')
        found = wait_for(lambda: f"a reason: {self.check(agent)}", lambda: self.check(agent).get("reason"))
        self.assertEqual(found, "no_server_tls")
        self.assertIn("certificate", self.check(agent)["text"])
        self.assertEqual(api.requests, [])

    def test_a_service_account_and_kubeconfigs_work(self):
        api = self.server()
        account = self.dir / "account"
        account.mkdir()
        (account / "token").write_text("good-token")
        (account / "ca.crt").write_bytes(api.authority.certificate.read_bytes())
        agent = self.watching(api, access=f'service_account = "{account}"\n', env={
            "KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(api.port)})
        self.assertEqual(self.check(agent)["access"], "service account")
        agent.end()
        config = self.dir / "kubeconfig"
        config.write_text(certificates.kubeconfig(api))
        agent = self.watching(api, access=f'kubeconfig = "{config}"\n')
        agent.end()
        certificate, key = api.authority.issue("agent")
        text = certificates.kubeconfig(api).replace("token: good-token", "{" + ", ".join(
            f"{name}: {base64.b64encode(path.read_bytes()).decode()}"
            for name, path in (("client-certificate-data", certificate), ("client-key-data", key))) + "}")
        config.write_text(text)
        api.call(api.tokens.clear)
        agent = self.watching(api, access=f'kubeconfig = "{config}"\n')
        agent.end()
        config.write_text(text.replace("client-certificate-data", "exec: {command: x}, ignored"))
        agent = self.watching(api, access=f'kubeconfig = "{config}"\n', synced=False)
        wait_for("a refusal", lambda: "'exec' is not supported" in self.check(agent).get("text", ""))

    def test_no_server_is_a_reason_and_no_end(self):
        agent = self.agent(f'[[collectors]]\ntype = "k8s"\n[collectors.config]\n{FAST}' + ENCODER).ready()
        wait_for(lambda: f"a reason: {agent.instance('k8s')}", lambda: "no_server" in json.dumps(agent.instance("k8s")))
        self.assertIn("kubeconfig", self.check(agent)["text"])
        agent.stop()

    # ---- kubelet ----

    def test_a_kubelet_tells_its_statistics_and_each_condition_once(self):
        self.token = self.dir / "token"
        self.token.write_text("bad-token")
        authority = certificates.Authority(self.dir / "kubelet")
        node = kubelet.Kubelet(authority)
        self.addCleanup(node.stop)
        pod = objects.pod("web", "shop")
        pod["status"]["containerStatuses"][0].update(restartCount=5, state={"waiting": {"reason": "CrashLoopBackOff"}})
        node.answers["/pods"] = {"kind": "PodList", "items": [pod]}
        reference = {name: pod["metadata"][name] for name in ("name", "namespace", "uid")}
        node.answers["/stats/summary"] = {
            "node": {"memory": {"availableBytes": 8 << 30, "workingSetBytes": 1 << 30}},
            "pods": [{"podRef": reference, "containers": [{"name": "main", "memory": {"workingSetBytes": 130 << 20}}]}]}
        agent = self.watching(None, synced=False, access=(
            f'kinds = []\nserver = "https://127.0.0.1:1"\ntoken_file = "{self.token}"\nkubelet = true\n'
            f'kubelet_url = "{node.url}"\nkubelet_ca_file = "{authority.certificate}"\n'
            'kubelet_stats_interval = "1s"\nkubelet_pods_interval = "1s"\n'))
        wait_for("a refusal", lambda: "kubelet_unreachable" in json.dumps(agent.instance("k8s")))
        self.token.write_text("good-token")

        def conditions():
            return [each["payload"]["condition"] for each in agent.lines()
                    if each["content_type"] == "sonde.v1.KubeletEvent"]
        wait_for(lambda: f"the conditions: {conditions()}\n{agent.log()}", lambda: len(conditions()) >= 3)
        before = len(node.asked)
        wait_for("further looks", lambda: len(node.asked) > before + 4)
        self.assertEqual(sorted(conditions()), ["container_waiting", "crash_loop", "memory_near_limit"])
        usage = [each["payload"] for each in agent.lines() if each["content_type"] == "sonde.v1.KubeletStats"]
        self.assertTrue(any(each.get("container") == "main" and each["memory_working_set"] == 130 << 20
                            for each in usage))


if __name__ == "__main__":
    harness.main()
