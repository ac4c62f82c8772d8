#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The entity store and a cluster: whole context from any single name, and the server's state after whatever was cut,
slow or lost."""

import json
import os
import pathlib
import random
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support" / "k8s"))
import cluster
import containers
import harness
import objects
import server
from cluster import NODE, entities
from harness import JSONL, wait_for

CLUSTER = cluster.COLLECTOR + """[[enrichers]]
type = "enrich_context"
"""
CUTS, CUT_SECONDS = 200, 200


class Cluster(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("k8s", "enrich_context")

    def server(self, items=(), **more):
        self.api = server.ApiServer(self.dir, **more)
        self.api.load(items or [objects.namespace("kube-system"), objects.namespace("shop"),
                                objects.node(NODE, cluster.NODE_ADDRESS)])
        self.api.start()
        self.addCleanup(self.api.stop)
        token = self.dir / "token"
        token.write_text("good-token\n")
        return CLUSTER.format(url=self.api.url, token=token, ca=self.api.authority.certificate)

    def synced(self, agent):
        wait_for(lambda: "objects:\n" + agent.log(), lambda: agent.get("/modules/k8s/check").json.get("synced"))
        return agent

    # ---- what the server has, and what the store knows, in one form ----

    def expected(self):
        def read():
            kept = {kind: [each.item for each in self.api.tables[kind].now.values()]
                    for kind in ("pods", "services", "nodes", "replicasets", "deployments")}
            return json.loads(json.dumps(kept))
        kept = self.api.call(read)
        owners = {each["metadata"]["uid"]: self.controller(each) for each in kept["replicasets"]}
        workloads = sorted((each["metadata"]["namespace"], each["kind"], each["metadata"]["name"])
                           for each in kept["replicasets"] + kept["deployments"])
        pods = {}
        for each in kept["pods"]:
            controller = self.controller(each)
            top = controller and (owners.get(controller["uid"]) or controller)
            space = each["metadata"]["namespace"]
            workload = top and (space, top["kind"], top["name"])
            pods[each["metadata"]["uid"]] = (space, each["metadata"]["name"], each["status"]["podIP"],
                                             each["spec"]["nodeName"], workload)
        services = {}
        for each in kept["services"]:
            space, selector = each["metadata"]["namespace"], each["spec"]["selector"].items()
            services[space, each["metadata"]["name"]] = (each["spec"]["clusterIP"], sorted(
                of["metadata"]["uid"] for of in kept["pods"] if of["metadata"]["namespace"] == space and
                selector <= of["metadata"]["labels"].items()))
        return pods, services, sorted(each["metadata"]["name"] for each in kept["nodes"]), workloads

    @staticmethod
    def controller(item):
        return next(iter(item["metadata"].get("ownerReferences", [])), None)

    @staticmethod
    def known(agent):
        def workload(of):
            return of and (of["namespace"], of["kind"], of["name"])
        pods = {}
        for each in entities(agent, "pod").values():
            of = each["pod"]
            pods[of["uid"]] = (of["namespace"], of["name"], *of["ip_addresses"], of["node_name"], workload(of.get("workload")))
        services = {}
        for each in entities(agent, "service").values():
            of = each["service"]
            services[of["namespace"], of["name"]] = (*of["cluster_ip_addresses"], sorted(of.get("pod_uids", [])))
        nodes = sorted(each["node"]["name"] for each in entities(agent, "node").values())
        return pods, services, nodes, sorted(workload(each["workload"]) for each in entities(agent, "workload").values())

    def until_equal(self, agent):
        def difference():
            return [(one, other) for one, other in zip(self.expected(), self.known(agent)) if one != other]
        wait_for(lambda: f"the server's state: {difference()}"[:3000], lambda: not difference())

    # ---- tests ----

    def test_after_every_cut_the_store_equals_the_servers_state(self):
        seed = random.randrange(1 << 32)
        print(f"seed {seed}", flush=True)
        chance = random.Random(seed)
        agent = self.synced(self.agent(self.server(seed=seed, window=100_000)).ready())
        script = Script(self.api, chance)
        until = time.monotonic() + (CUT_SECONDS if not harness.INSTRUMENTED else 100)
        while self.api.cuts < CUTS and time.monotonic() < until:
            kind = chance.choice(("pods", "services", "nodes", "replicasets", "deployments"))
            before = self.api.cuts
            if chance.random() < 0.1:
                self.api.fault("cut", verb="list", resource=kind, after=chance.randrange(1, 5000))
                self.api.compact()
                self.api.cut_all(kind)
            elif chance.random() < 0.5:
                self.api.fault("cut", verb="watch", resource=kind, after=chance.randrange(1, 3000))
                self.api.cut_all(kind)
            else:
                self.api.cut_all(kind)
            for _ in range(chance.randrange(1, 6)):
                script.step()
            if self.api.cuts > before:
                self.until_equal(agent)
        self.api.call(self.api.faults.clear)
        script.step()
        self.until_equal(agent)
        print(f"{self.api.cuts} cuts, {script.steps} changes\n{self.api.report()}", flush=True)
        self.assertGreaterEqual(self.api.cuts, 1 if harness.INSTRUMENTED else CUTS)

    def test_a_slow_consumer_of_events_does_not_make_the_store_wrong(self):
        self.take("encode_jsonl")
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        config = self.server(objects.cluster(1500, 100, 10, 5))
        stuck = JSONL + 'delivery = "lossless"\ntopics = ["event/", "entity/"]\n[encoders.config]\nbuffer_bytes = "16KiB"\n'
        agent = self.agent('[bus]\nlane_budget = "2MiB"\nrecord_limit = "256KiB"\nstall_limit = "1s"\n' + config + stuck,
                           stdout=writing)
        os.close(writing)
        agent.ready()
        wait_for(lambda: "the stall\n" + agent.log(), lambda: (one := agent.instance("encode_jsonl")) and
                 one["health"] != "ok")
        script = Script(self.api, random.Random(7))
        for _ in range(100):
            script.step()
        self.until_equal(agent)
        page = agent.get("/debug/lanes").json
        reader = next(each for each in page["subscriptions"] if each["name"] == "enrich_context")
        self.assertEqual(sum(each["lost"] for each in reader["positions"]), 0)
        os.set_blocking(reading, False)
        wait_for("recovery once it is read", lambda: drain(reading) or agent.instance("encode_jsonl")["health"] == "ok")

    @unittest.skipIf(containers.obstacle(), containers.obstacle())
    def test_any_single_name_gives_the_whole_context(self):
        self.take("process", "container", "encode_jsonl", "names_one_thing")
        config = self.server()
        world = cluster.World(self, self.api)
        pod = world.pod("web-1", address="10.244.0.9", owner=world.deployment("web"), labels={"app": "web"})
        cell = pod.start()
        self.api.apply(objects.service("web", "shop"))
        pod.tell({"web"})
        for name, option in (("pid", f"pid = {cell.process.pid}"), ("container", f'container = "{cell.id}"'),
                             ("pod", 'pod = "web-1"'), ("address", 'address = ["10", "244", "0", "9"]')):
            config += f'[[collectors]]\ntype = "names_one_thing"\nname = "by_{name}"\n[collectors.config]\n{option}\n'
        agent = self.agent(harness.PROCESS.replace('"0s"', '"1s"') + '[[collectors]]\ntype = "container"\n' + config + JSONL +
                           'topics = ["event/generic/", "conn/"]\n', env={"NODE_NAME": NODE}).ready()
        self.synced(agent)
        cluster.until_known(agent, pod)

        def newest(name):
            # The raw instance is not in the unified event; its subject is what it named.
            wanted = {"pid": lambda of: of.get("process", {}).get("pid") == cell.process.pid and "container" in of,
                      "container": lambda of: "process" not in of and "container" in of,
                      "pod": lambda of: "container" not in of and "pod" in of}
            for each in reversed(agent.lines()):
                end = "peer" if each["topic"] == "conn/" else "context"
                told = each["payload"].get(end, {})
                if (end == "peer" if name == "address" else end == "context" and wanted[name](told)) and told.get("services"):
                    return told
            return None
        for name in ("pid", "container", "pod", "address"):
            told = wait_for(lambda: f"whole context by {name}: {agent.out.read_text()[-3000:]}", lambda: newest(name))
            self.assertEqual((told["pod"]["uid"], told["pod"]["name"], told["pod"]["namespace"]), (pod.uid, "web-1", "shop"))
            self.assertEqual((told["pod"]["workload"]["kind"], told["pod"]["workload"]["name"]), ("Deployment", "web"))
            self.assertEqual([each["name"] for each in told["services"]], ["web"])
            self.assertEqual(told["node"]["name"], NODE)
            if name in ("pid", "container"):
                self.assertEqual((told["container"]["id"], told["container"]["name"]), (cell.id, "main"))


class Script:
    """Random changes of a small cluster."""

    def __init__(self, api, chance):
        self.api, self.chance = api, chance
        self.live = []
        self.steps = self.number = 0

    def step(self):
        self.steps += 1
        what = self.chance.choice(("pod", "pod", "pod", "label", "delete", "delete", "service", "node", "workload"))
        if what in ("label", "delete") and self.live:
            item = self.live.pop(self.chance.randrange(len(self.live)))
            if what == "delete":
                self.api.delete(item)
            else:
                item["metadata"].setdefault("labels", {})["app"] = self.chance.choice(("a", "b", "c"))
                self.live.append(self.api.apply(item))
            return
        self.number += 1
        number = self.number
        address = f"10.{245 + number // 60_000}.{number // 250 % 250}.{number % 250 + 1}"
        new = {"pod": lambda: [objects.pod(f"pod-{number}", "shop", NODE, address, labels={"app": self.chance.choice("abc")})],
               "service": lambda: [objects.service(f"service-{number}", "shop", address, {"app": self.chance.choice("abc")})],
               "node": lambda: [objects.node(f"node-{number}", address)],
               "workload": lambda: objects.workload(f"work-{number}", "shop", 2, (NODE,), 60_000 + 2 * number)}
        made = new.get(what, new["pod"])()
        for each in made:
            stored = self.api.apply(each)
            if each["kind"] not in ("Deployment", "ReplicaSet"):
                self.live.append(stored)


def drain(descriptor):
    """Reads what is there."""
    try:
        while os.read(descriptor, 1 << 16):
            pass
    except BlockingIOError:
        pass


if __name__ == "__main__":
    harness.main()
