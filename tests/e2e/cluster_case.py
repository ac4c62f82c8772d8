# SPDX-License-Identifier: Apache-2.0
"""A test with the scripted cluster, and an agent that observes it with every collector that concerns it."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support" / "k8s"))
import cluster
import containers
import harness
import objects
import server
from cluster import NODE
from harness import wait_for

AGENT = cluster.COLLECTOR + """
[[collectors]]
type = "ebpf"
[collectors.config]
connection_interval = "1s"
ring_size = "8MiB"
[[collectors]]
type = "process"
[[collectors]]
type = "container"
[[enrichers]]
type = "enrich_context"
[[encoders]]
type = "encode_jsonl"
delivery = "lossless"
topics = ["event/", "conn/"]
"""


class ClusterCase(harness.Case):
    def setUp(self):
        super().setUp()
        if reason := containers.missing("nft", "ip"):
            self.skipTest(reason)
        self.take("ebpf", "process", "container", "k8s", "enrich_context", "encode_jsonl")
        self.api = server.ApiServer(self.dir)
        self.api.load([objects.namespace("kube-system"), objects.namespace("shop"),
                       objects.node(NODE, cluster.NODE_ADDRESS)])
        self.api.start()
        self.addCleanup(self.api.stop)
        self.token = self.dir / "token"
        self.token.write_text("good-token\n")
        self.world = cluster.World(self, self.api)

    def observing(self):
        text = AGENT.format(url=self.api.url, token=self.token, ca=self.api.authority.certificate)
        agent = self.agent(text, env={"NODE_NAME": NODE}).ready()
        wait_for(lambda: "objects:\n" + agent.log(), lambda: agent.get("/modules/k8s/check").json.get("synced"))
        hooks = wait_for("the kernel programs", lambda: agent.get("/modules/ebpf/features").json.get("hooks"))
        absent = [each["hook"] for each in hooks if each["hook"] in ("tcp_states", "process.exec")
                  and each["attached_as"] == "none"]
        if absent:
            self.skipTest(f"this kernel does not serve {absent}")
        return agent
