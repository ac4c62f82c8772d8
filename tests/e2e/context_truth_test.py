#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every unified event of a scripted cluster, live and replayed, against what was true at its time: right, or empty with a
reason."""

import collections
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support" / "k8s"))
import cluster
import containers
import harness
import objects
from cluster import until_known
from cluster_case import ClusterCase
from containers import run
from harness import wait_for
from truth import Judge

PORT = 8080
VIP = "10.96.0.20"


@unittest.skipIf(containers.obstacle(), containers.obstacle())
class Truth(ClusterCase):
    def recording(self, agent):
        self.file = self.dir / "batches.rec"
        recorder = subprocess.Popen([harness.SONDE, "tap", "raw/", "--record", str(self.file), "--snapshot",
                                     "--socket", agent.socket], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                    text=True, env=harness.environment())

        def end():
            with recorder:
                recorder.kill()
        self.addCleanup(end)
        wait_for("the recorder", lambda: self.file.exists() and self.file.stat().st_size)
        return recorder

    # ---- the scenario: each step leaves the world as the next one expects it ----

    def pods_and_services(self):
        world = self.world
        owner = world.deployment("web")
        for name, port in (("web", VIP), ("spare", "10.96.0.21")):
            self.api.apply(objects.service(name, "shop", port, {"app": name}))
        self.web = [world.pod(f"web-{number}", address=f"10.244.0.{10 + number}", owner=owner, labels={"app": "web"},
                              driver="cgroupfs" if number else "systemd") for number in range(2)]
        self.client = world.pod("client", address="10.244.0.5")
        for each in (*self.web, self.client):
            each.start()
            each.tell({"web"} if each in self.web else ())
        for each in self.web:
            each.cells["main"].listen(PORT)
        self.known(*self.web, self.client)
        for each in self.web:
            self.full_run(each.cells["main"])
            self.full_call(self.client.cells["main"], each.address, PORT)
        # Of another node: nobody here is it, so that its address alone must do.
        far = world.pod("far", address="10.244.1.7")
        self.api.apply(far.item())
        self.known(far)
        self.client.cells["main"].knock(far.address, PORT)

    def service_address(self):
        nat = (f"add table ip s; add chain ip s out {{ type nat hook output priority -100; }}; "
               f"add rule ip s out ip daddr {VIP} tcp dport 80 dnat to {self.web[1].address}:{PORT}")
        run(*self.client.network.inside("nft", nat))
        # Longer than an interval: a namespace is listened to once a connection of it has been seen. Of a shorter one the
        # service is known, but not which of its pods answered.
        for seconds in (0, 1.5):
            self.by_service.append(self.full_call(self.client.cells["main"], VIP, 80, seconds))

    def moved_between_services(self):
        moved = self.web[0]
        for label in ("spare", "nothing", "web"):
            time.sleep(cluster.HOLD_BACK / 1e9)  # so that what follows is told of this label
            moved.labels = {"app": label}
            moved.tell({label} - {"nothing"})
            self.full_run(moved.cells["main"])
            self.known(moved)
            self.full_run(moved.cells["main"])
            self.full_call(moved.cells["main"], self.web[1].address, PORT)

    def init_and_ephemeral_containers(self):
        self.job = self.world.pod("job", address="10.244.0.20")
        self.job.start("prepare", "init")
        self.job.tell(())
        self.full_run(self.job.cells["prepare"])
        self.full_call(self.job.cells["prepare"], self.web[0].address, PORT)
        self.job.cells["prepare"].stop()
        self.job.start("main")
        self.job.tell()
        self.full_run(self.job.cells["main"])
        self.job.start("debug", "ephemeral")
        self.job.tell()
        self.full_run(self.job.cells["debug"])
        self.full_call(self.job.cells["debug"], self.web[0].address, PORT)
        self.known(self.job)

    def host_network_and_static_pods(self):
        proxy = self.world.pod("proxy", host_network=True)
        static = self.world.pod("etcd-node-a", space="kube-system", static=True, host_network=True, driver="cgroupfs")
        for port, each in ((2379, static), (10249, proxy)):
            each.start().listen(port)
            each.tell(())
        self.known(proxy, static)
        for port, each in ((2379, static), (10249, proxy)):
            self.full_run(each.cells["main"])
            self.full_call(self.client.cells["main"], cluster.NODE_ADDRESS, port)
            self.full_call(each.cells["main"], self.web[0].address, PORT)
        self.client.cells["main"].knock(cluster.NODE_ADDRESS, 9)

    def reused_pids(self):
        free = next(pid for pid in range(31_000, 32_000) if not os.path.exists(f"/proc/{pid}"))
        for pod in (*self.web, self.client, self.job, *self.web):
            self.full_run(pod.cells["main"], free)

    def reused_address(self):
        """Deleted, then given to another; and given to another while the first is still there, asked to go."""
        address = "10.244.0.30"
        for name, goes_first in (("first", True), ("second", False), ("third", True)):
            pod = self.world.pod(name, address=address)
            pod.start().listen(PORT)
            self.full_call(self.client.cells["main"], address, PORT)
            pod.tell(())
            self.known(pod)
            self.full_call(self.client.cells["main"], address, PORT)
            self.client.cells["main"].knock(address, 9)
            pod.end()
            if goes_first:
                pod.delete()
                wait_for("its end", lambda: f"pod:{pod.uid}" not in cluster.entities(self.running, "pod"))
            else:
                pod.told["metadata"].update(deletionTimestamp=objects.START, deletionGracePeriodSeconds=30)
                self.api.apply(pod.told)
                lingering = pod
        lingering.delete()

    def deleted_during_a_disconnect(self):
        address = "10.244.0.40"
        gone = self.world.pod("gone", address=address)
        gone.start().listen(PORT)
        gone.tell(())
        self.known(gone)
        self.full_call(self.client.cells["main"], address, PORT)
        self.api.fault("status", code=503, verb="watch", times=100_000)
        self.api.cut_all()
        gone.end()
        gone.delete()
        heir = self.world.pod("heir", address=address)
        heir.start().listen(PORT)
        heir.tell(())
        heir.cells["main"].run()
        self.client.cells["main"].call(address, PORT)
        self.api.compact()
        self.api.call(self.api.faults.clear)
        self.known(heir)
        self.full_run(heir.cells["main"])
        self.full_call(self.client.cells["main"], address, PORT)
        self.client.cells["main"].knock(address, 9)

    def late_knowledge(self):
        for number, delay in enumerate((0, 0.1, 1.2, 4)):
            late = self.world.pod(f"late-{number}", address=f"10.244.0.{50 + number}")
            late.start()
            self.full_run(late.cells["main"])
            self.full_call(late.cells["main"], self.web[0].address, PORT)
            time.sleep(delay)
            late.tell(())
            self.known(late)

    # ---- what is expected ----

    def known(self, *pods):
        for each in pods:
            until_known(self.running, each)

    def full_run(self, cell, pid=0):
        began = time.time_ns()
        self.runs.append((cell.run(pid), began, time.time_ns(), cell))

    def full_call(self, cell, address, port, seconds=0):
        began = time.time_ns()
        self.calls.append((cell.call(address, port, seconds), began, time.time_ns(), cell))
        return self.calls[-1][0]

    @staticmethod
    def finals(lines):
        """The last word of each event."""
        return {each["event_id"]: each for each in lines if each["content_type"] == "sonde.v1.UnifiedEvent"}

    @staticmethod
    def is_full(event, end):
        """Has a pod; the peer behind an address that several share may be any of them, unless its process was seen."""
        told = event["payload"].get(end, {})
        shares = {"section": "pod", "reason": "ambiguous"}
        return "pod" in told or (end == "peer" and shares in told.get("missing", []))

    def expect_full(self, finals):
        by_pid = collections.defaultdict(list)
        for each in finals.values():
            by_pid[each.get("pid")].append(each)
        lacking = []
        for pid, began, ended, cell in self.runs:
            found = [each for each in by_pid[pid] if each["payload"]["type"] == "process.exec" and
                     began <= each["time_unix_nano"] <= ended]
            if len(found) != 1 or not {"process", "container", "pod"} <= set(found[0]["payload"]["context"]):
                lacking.append((cell.pod.name, found))
        for port, began, ended, cell in self.calls:
            ends = [each for each in finals.values() if each["payload"]["type"] == "network.connection.closed"
                    and began <= each["time_unix_nano"] <= ended + 100_000_000
                    and port in (each["payload"]["connection"]["connection"][end] for end in ("local_port", "peer_port"))]
            bad = [each for each in ends if not (self.is_full(each, "context") and self.is_full(each, "peer"))]
            if len(ends) != 2 or bad:
                lacking.append((cell.pod.name, port, ends))
        return lacking

    def test_every_event_has_the_right_context_or_a_reason_live_and_replayed(self):
        self.running = agent = self.observing()
        self.runs, self.calls, self.by_service = [], [], []
        recorder = self.recording(agent)
        for step in (self.pods_and_services, self.service_address, self.moved_between_services,
                     self.init_and_ephemeral_containers, self.host_network_and_static_pods, self.reused_pids,
                     self.reused_address, self.deleted_during_a_disconnect, self.late_knowledge):
            began = time.monotonic()
            step()
            print(f"{step.__name__}: {time.monotonic() - began:.1f} s", flush=True)
        time.sleep(2.5)  # hold-back, the interval of connections, and what may be amended
        recorder.send_signal(signal.SIGINT)
        recorder.wait(harness.PATIENCE)
        agent.stop()
        judge = Judge(self.world)
        with open(agent.out, encoding="utf-8") as told:
            lines = judge.concerned(told)
        finals = self.finals(lines)
        for each in finals.values():
            judge.judge(each)
        print(f"{judge.judged} events, {sum('is_amendment' in each['payload'] for each in lines)} amendments, "
              f"{len(judge.wrong)} wrong; without a pod: {dict(judge.empty)}", flush=True)
        self.assertEqual(judge.wrong, [], "\n".join(judge.wrong))
        self.assertEqual(self.expect_full(finals), [])
        self.expect_service(finals)
        self.expect_replays(agent, finals)

    def expect_service(self, finals):
        found = {}
        for each in finals.values():
            if each["payload"]["type"] == "network.connection.closed":
                of = each["payload"]["connection"]["connection"]
                if of["local_port"] in self.by_service and of["peer_address"] == VIP:
                    found[of["local_port"]] = each["payload"]
        self.assertEqual(sorted(found), sorted(self.by_service))
        for each in found.values():
            self.assertEqual([of["name"] for of in each["peer"]["services"]], ["web"])
        longer = found[self.by_service[-1]]
        self.assertEqual((longer["peer"]["pod"]["name"], longer["peer"]["container"]["name"]), ("web-1", "main"))

    def expect_replays(self, agent, finals):
        first, second = (harness.sonde("replay", self.file, "--config", agent.config, "--plugin-dir", self.shelf, "--json")
                         for _ in range(2))
        self.assertEqual((first.returncode, first.stderr), (0, ""))
        self.assertTrue(first.stdout == second.stdout, "two replays differ")
        judge = Judge(self.world)
        again = self.finals(judge.concerned(first.stdout.splitlines()))
        for each in again.values():
            judge.judge(each)
        self.assertEqual(judge.wrong, [])
        self.assertEqual(self.expect_full(again), [])
        self.assertEqual(set(again), set(finals))
        # Collectors have queues of their own. Which of two that spoke in the same moment was heard first is not recorded,
        # so that a context may hold a little more or less, but never something else.
        pairs = [(again[each], finals[each]) for each in again]
        self.assertEqual([(one["payload"], other["payload"]) for one, other in pairs if self.contradict(one, other)], [])
        self.assertLess(sum(self.identities(one) != self.identities(other) for one, other in pairs), len(again) / 50)
        different = [each for each in again if again[each]["payload"] != finals[each]["payload"]]
        print(f"{len(again)} events; two replays are equal, {len(different)} differ from the live ones in details", flush=True)
        self.assertLess(len(different), len(again) / 10)

    @classmethod
    def contradict(cls, one, other):
        """Where both say something, they say different things."""
        return any(here and there and here != there for here, there in zip(cls.identities(one), cls.identities(other)))

    @staticmethod
    def identities(event):
        """Whom an event is about, at both ends."""
        found = [event["payload"]["type"], event["time_unix_nano"]]
        for end in ("context", "peer"):
            told = event["payload"].get(end, {})
            pod, container = told.get("pod", {}), told.get("container", {})
            found += [told.get("process", {}).get("pid"), container.get("id"), container.get("name"), pod.get("uid"),
                      pod.get("workload"), [each["name"] for each in told.get("services", [])]]
        return found


if __name__ == "__main__":
    harness.main()
