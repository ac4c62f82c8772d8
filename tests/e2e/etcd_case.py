# SPDX-License-Identifier: Apache-2.0
"""What the tests of the etcd collector have in common: real servers, and an agent that watches them."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support" / "etcd"))
import etcd_servers
import harness
from harness import wait_for

ENCODER = '[[encoders]]\ntype = "encode_jsonl"\ndelivery = "lossless"\n'


class Etcd(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("etcd", "encode_jsonl")

    def servers(self, members=1, **more):
        made = etcd_servers.Cluster(self.dir / "servers", members, **more)
        self.addCleanup(made.down)
        return made.up()

    def collector(self, of, *lines, name="etcd"):
        return "\n".join(['[[collectors]]', 'type = "etcd"', f'name = "{name}"', "[collectors.config]",
                          f"endpoints = {json.dumps(of.endpoints)}", f'state_dir = "{self.dir}/state"',
                          f'state_name = "{name}"', *lines, ""])

    def following(self, of, *lines, **more):
        """An agent that watches."""
        return self.until_following(self.agent(self.collector(of, *lines) + ENCODER, **more).ready())

    def until_following(self, agent, name="etcd"):
        wait_for(lambda: f"a watch: {self.check(agent, name)}\n{agent.log()[-2000:]}",
                 lambda: self.check(agent, name)["watch"].get("text", "").startswith("watching"))
        return agent

    def check(self, agent, name="etcd"):
        return agent.get(f"/modules/{name}/check").json

    def payloads(self, agent, kind="EtcdEvent", name="etcd"):
        return [each["payload"] for each in agent.lines()
                if each["content_type"] == f"sonde.v1.{kind}" and each["instance"] == name]

    def until(self, agent, key, revision=0, name="etcd", kinds=("put", "delete")):
        """The event of `key` at `revision` or later."""
        return wait_for(
            lambda: f"{key} at {revision}: {self.check(agent, name)}\n{agent.log()[-2000:]}",
            lambda: next((each for each in self.payloads(agent, name=name) if each.get("key") == key and
                          each["kind"] in kinds and each.get("mod_revision", 0) >= revision), None))
