#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Collectors whose server is cut off: packets vanish both ways for longer than TCP is quick to try again, then the cable
is back."""

import contextlib
import pathlib
import socket
import sys
import threading
import time
import unittest

SUPPORT = pathlib.Path(__file__).parent.parent / "support"
sys.path[:0] = [str(SUPPORT / each) for each in ("prometheus", "vault")]
from cut_case import Cut, switch
from etcd_case import ENCODER, Etcd, etcd_servers
import harness
import real
import server as vault_server
import web
from harness import wait_for


@unittest.skipIf(switch.why_not() or etcd_servers.why_not(), switch.why_not() or etcd_servers.why_not())
class EtcdCut(Cut, Etcd):
    def servers(self):
        made = etcd_servers.Cluster(self.dir / "servers", address=switch.FAR)
        self.addCleanup(made.down)
        return made.up()

    def test_the_watch_goes_on_at_the_revision_after_the_last(self):
        with self.switch.at_far():
            servers = self.servers()
        agent = self.following(servers, 'status_interval = "0s"', wrap=self.switch.wrap)
        written, stop = [], threading.Event()

        def write():
            with self.switch.at_far():
                connection = servers.connection()
                while not stop.is_set():
                    key = f"/registry/{len(written) % 50}"
                    written.append((servers.put(key, "x", connection), key))
                    time.sleep(0.005)
                connection.close()
        writer = threading.Thread(target=write)
        writer.start()
        self.addCleanup(stop.set)
        wait_for("events", lambda: len(self.payloads(agent)) > 50)
        with self.pulled():
            wait_for(lambda: f"the loss: {self.check(agent)}", lambda: not self.check(agent)["ok"])
            before = len(self.payloads(agent))
        self.first_after_return(agent, lambda each: True)
        with self.pulled(0.5):  # too short to be noticed
            pass
        time.sleep(0.5)
        stop.set()
        writer.join()
        self.until(agent, written[-1][1], written[-1][0])
        told = [(each.get("mod_revision"), each.get("key")) for each in self.payloads(agent)]
        self.assertEqual(told, written, "all, once each, in order, and no gap")
        self.assertGreater(len(written) - before, 50, "much was written meanwhile")
        self.assertGreaterEqual(agent.metric("sonde_etcd_failures_total"), 1)
        self.assertFalse(agent.metric("sonde_etcd_gaps_total"))

    def test_a_member_far_away_is_reached(self):
        with self.switch.at_far():
            servers = self.servers()
        relay = Delay(self.switch, servers.ports[0][0], 0.15)
        self.addCleanup(relay.close)
        servers.put = lambda key: relay.at_far(lambda: etcd_servers.Cluster.put(servers, key))
        config = self.collector(servers).replace(f":{servers.ports[0][0]}", f":{relay.port}")
        agent = self.until_following(self.agent(config + ENCODER, wrap=self.switch.wrap).ready())
        self.until(agent, "/registry/a", servers.put("/registry/a"))


class Delay:
    """A port at the far end that passes on what comes to another, each way `pause` seconds later."""

    def __init__(self, between, to, pause):
        self.switch, self.to, self.pause = between, to, pause
        self.is_open = True
        with between.at_far():
            self.listening = socket.create_server((switch.FAR, 0))
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def at_far(self, do):
        with self.switch.at_far():
            return do()

    def accept(self):
        while self.is_open:
            try:
                near, _ = self.listening.accept()
            except OSError:
                return
            far = self.at_far(lambda: socket.create_connection((switch.FAR, self.to)))
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=(source, sink), daemon=True).start()

    def carry(self, source, sink):
        with contextlib.suppress(OSError), source, sink:
            while data := source.recv(1 << 16):
                time.sleep(self.pause)
                sink.sendall(data)

    def close(self):
        self.is_open = False
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()


@unittest.skipIf(switch.why_not() or real.why_not(), switch.why_not() or real.why_not())
class PrometheusCut(Cut):
    def up(self, agent):
        return [point["double_value"] for line in agent.lines() for metric in line["payload"].get("metrics", [])
                if metric["name"] == "up" for point in metric["points"]]

    def test_a_server_fails_and_a_target_is_down_and_both_are_asked_again(self):
        self.take("prometheus", "encode_jsonl")
        with self.switch.at_far():
            server = real.Server(self.dir / "server", {}, address=switch.FAR)
            self.addCleanup(server.stop)
            server.start()
            page = web.Web(web.page("# TYPE level gauge\nlevel 1\n"), address=switch.FAR)
            self.addCleanup(page.stop)
        # Intervals of a second, all else as it is by default.
        agent = self.agent("\n".join([
            '[[collectors]]', 'type = "prometheus"', "[collectors.config]", "spread_start = false",
            f'url = "{server.url}"', "queries = { clock = 'time()' }", 'query_interval = "1s"',
            f'targets = {{ node = "{page.url}" }}', 'scrape_interval = "1s"', ENCODER]), wrap=self.switch.wrap).ready()
        wait_for(lambda: f"a page:\n{agent.log()}", lambda: self.up(agent).count(1) >= 2)
        with self.pulled():
            wait_for("the loss", lambda: 0 in self.up(agent) and agent.metric(
                "sonde_prometheus_failures_total", kind="query"))
        self.first_after_return(agent, lambda each: each["topic"] == "raw/prometheus/query/")
        self.first_after_return(agent, lambda each: any(
            metric["name"] == "level" and not metric["points"][0].get("stale")
            for metric in each["payload"].get("metrics", [])))
        wait_for(lambda: f"up: {self.up(agent)}", lambda: (self.up(agent)[0], self.up(agent)[-1]) == (1, 1))


@unittest.skipIf(switch.why_not(), switch.why_not())
class VaultCut(Cut):
    def test_the_server_is_silent_and_answers_again(self):
        self.take("vault", "encode_jsonl")
        with self.switch.at_far():
            vault = vault_server.VaultServer(address=switch.FAR).start()
            self.addCleanup(vault.stop)
        agent = self.agent("\n".join([
            '[[collectors]]', 'type = "vault"', "[collectors.config]", f'address = "{vault.url}"', "metrics = false",
            f'state_dir = "{self.dir}/state"', 'status_interval = "1s"', ENCODER]), wrap=self.switch.wrap).ready()
        states = lambda: [each["payload"]["state"] for each in agent.lines()]
        wait_for(lambda: f"active: {states()}", lambda: states() == ["active"])
        with self.pulled():
            wait_for(lambda: f"silence: {states()}", lambda: states() == ["active", "silent"])
        self.first_after_return(agent, lambda each: each["payload"]["state"] == "active")
        self.assertEqual(states(), ["active", "silent", "active"])


if __name__ == "__main__":
    harness.main()
