#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who calls whom: three pods of one node in a chain give two edges, each with the right names on both ends, and with every
one of its short connections."""

import collections
import unittest

import containers
import harness
from cluster import entities, until_known
from cluster_case import ClusterCase
from harness import wait_for

PORT = 8080
CALLS = {("web", "cart"): 1000, ("cart", "store"): 50}


@unittest.skipIf(containers.obstacle(), containers.obstacle())
class ServiceEdges(ClusterCase):
    def setUp(self):
        super().setUp()
        self.running = self.observing()
        self.pods = {}
        for number, name in enumerate(("web", "cart", "store")):
            pod = self.pods[name] = self.world.pod(name, address=f"10.244.0.{10 + number}")
            pod.start().listen(PORT)
            pod.tell(())
            until_known(self.running, pod)

    def call(self):
        for (client, server), count in CALLS.items():
            self.pods[client].cells["main"].call_often(self.pods[server].address, PORT, count)

    def told(self):
        """By role: how many ended connections name which pods as client and server. The last word of each counts."""
        finals = {each["event_id"]: each["payload"] for each in self.running.lines()
                  if each["payload"].get("type") == "network.connection.closed"}
        found = {role: collections.Counter() for role in ("client", "server")}
        for each in finals.values():
            near, far = (each.get(end, {}).get("pod", {}).get("name") for end in ("context", "peer"))
            of = each["connection"]["connection"]
            if PORT in (of["local_port"], of["peer_port"]) and (near in self.pods or far in self.pods):
                found[of["role"]][(near, far) if of["role"] == "client" else (far, near)] += 1
        return found

    def test_each_end_of_a_chain_tells_every_call_with_both_pods(self):
        self.call()
        expected = {"client": CALLS, "server": CALLS}
        wait_for(lambda: f"both ends of all calls: {self.told()}", lambda: self.told() == expected)

    def test_a_connection_names_containers_and_pods_as_the_store_does(self):
        agent = self.running
        self.pods["web"].cells["main"].call(self.pods["cart"].address, PORT)

        def told():
            found = [each["payload"] for each in agent.lines() if each["payload"].get("type") == "network.connection.closed"]
            return [each for each in found if each["connection"]["connection"]["role"] == "client"
                    and "container" in each.get("context", {}) and "container" in each.get("peer", {})]
        connection = wait_for("a connection with both containers", told)[-1]
        for end, name in (("context", "web"), ("peer", "cart")):
            pod = self.pods[name]
            stored = {"container": entities(agent, "container")[f"container:{pod.cells['main'].id}"]["container"],
                      "pod": entities(agent, "pod")[f"pod:{pod.uid}"]["pod"]}
            for section, known in stored.items():
                self.assertEqual(connection[end][section], known)

    def test_the_collector_adds_them_up_to_two_edges(self):
        agent = self.running
        agent.get("/modules/ebpf/register?client_id=edges")
        self.call()
        names = {each.address: name for name, each in self.pods.items()}
        found = collections.Counter()
        seen = set()

        def told():
            for each in agent.get("/modules/ebpf/edges?client_id=edges").json["edges"]:
                if each["server_port"] == PORT and each["server_address"] in names:
                    client, server = names[each["client_address"]], names[each["server_address"]]
                    self.assertEqual([each[f"{end}_pid"] for end in ("client", "server")],
                                     [self.pods[name].cells["main"].process.pid for name in (client, server)])
                    seen.add(each["observations"])
                    found[client, server] += each["connections"]
            return found == CALLS
        wait_for(lambda: f"two edges: {found}", told)
        self.assertEqual(seen, {2}, "each edge was observed from both of its ends")


if __name__ == "__main__":
    harness.main()
