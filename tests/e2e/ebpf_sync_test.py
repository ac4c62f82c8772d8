#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The kernel's view of how long a real etcd waits for its disk, beside what etcd itself measures, on a disk that is quick and
on one that is slow."""

import os
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support" / "etcd"))
import etcd_servers
import harness
import pages
from harness import JSONL, wait_for

OFF = "\n".join(f"{each} = false" for each in ("processes", "tcp", "udp", "nat", "dns", "oom_kills"))
SYNC = f'[[collectors]]\ntype = "ebpf"\n[collectors.config]\nsync_processes = ["etcd"]\nsync_interval = "1s"\n{OFF}\n'
# Where functions cannot be traced, tracepoints are found in a tracefs: in mounts of the agent's own.
WITH_TRACEFS = ("unshare", "--mount", "sh", "-c", 'test -d /sys/kernel/tracing/events || '
                'mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"', "sh")
BLKIO = pathlib.Path("/sys/fs/cgroup/blkio")
LIMIT = "blkio.throttle.write_iops_device"


def whole_disk(path):
    """major:minor of the disk that a file lies on."""
    number = os.stat(path).st_dev
    device = pathlib.Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    if not device.exists():
        return None
    device = device.resolve()
    return ((device.parent if (device / "partition").exists() else device) / "dev").read_text().strip()


@unittest.skipIf(etcd_servers.why_not(), etcd_servers.why_not())
class Sync(harness.Case):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("kernel programs need root")
        self.take("ebpf", "encode_jsonl")

    def measured(self):
        """An agent, and an etcd that was started after it."""
        agent = self.agent(SYNC + JSONL, wrap=WITH_TRACEFS).ready()
        wait_for("the kernel programs", lambda: '"hooks"' in agent.get("/modules/ebpf/features").text)
        for hook in agent.get("/modules/ebpf/features").json["hooks"]:
            if hook["hook"].startswith("sync.") and not hook["program"]:
                self.skipTest(f"the kernel does not tell of {hook['hook']}: {hook['refused'][-1]['reason']}")
        servers = etcd_servers.Cluster(self.dir / "servers", waits_for_disk=True)
        self.addCleanup(servers.down)
        return agent, servers.up()

    @staticmethod
    def told(agent, servers):
        """When something was told last, and the histogram of fdatasync in it."""
        for line in reversed(agent.lines()):
            if line["topic"] != "raw/ebpf/metrics/" or line["pid"] != servers.processes[0].pid:
                continue
            for metric in line["payload"]["metrics"]:
                for point in metric["points"] if metric["name"] == "process.file.operation.duration" else ():
                    if point["attributes"]["file.operation.name"] == "fdatasync":
                        return line["time_unix_nano"] / 1e9, point["histogram"]
        return None

    @staticmethod
    def own_numbers(servers):
        """What etcd itself counts: syncs of its log, their seconds, and commits of its database, each of which waits twice:
        for the pages, and for the page that says where they are."""
        text = pages.ask(servers.connection(), "GET", "/metrics").text
        return [pages.total(text, name, {}) for name in
                ("etcd_disk_wal_fsync_duration_seconds_count", "etcd_disk_wal_fsync_duration_seconds_sum",
                 "etcd_disk_backend_commit_duration_seconds_count")]

    def settled(self, agent, servers):
        """The kernel's histogram and etcd's numbers, when etcd has come to rest and the kernel's were read after that."""
        seen = {"own": None, "since": 0}

        def probe():
            own = self.own_numbers(servers)
            if own != seen["own"]:
                seen.update(own=own, since=time.time() + 0.3)  # commits come a tenth of a second after what they write
            found = self.told(agent, servers)
            return (found[1], own) if found and found[0] > seen["since"] else None
        return wait_for(lambda: f"etcd to rest: {seen}\n{agent.log()[-2000:]}", probe)

    def test_each_wait_of_etcd_is_counted_once(self):
        agent, servers = self.measured()
        before, own_before = self.settled(agent, servers)
        for i in range(100):
            servers.put(f"/key/{i}", "value")
        after, own_after = self.settled(agent, servers)
        log, _, commits = (now - then for now, then in zip(own_after, own_before))
        self.assertGreaterEqual(log, 100)
        self.assertEqual(after["count"] - before["count"], log + 2 * commits)
        self.assertEqual(sum(after["counts"]), after["count"])
        self.assertGreater(after["sum"], before["sum"])

    def test_a_slow_disk_is_seen_as_etcd_sees_it(self):
        disk = whole_disk(self.dir)
        if not disk or not (BLKIO / LIMIT).exists():
            self.skipTest("no disk can be slowed down here: needs the blkio controller of cgroup v1 and a real disk")
        agent, servers = self.measured()
        for i in range(20):
            servers.put(f"/fast/{i}", "value")
        fast, own_fast = self.settled(agent, servers)
        self.slow_down(servers.processes[0].pid, disk)
        for i in range(8):
            servers.put(f"/slow/{i}", "value")
        slow, own_slow = self.settled(agent, servers)
        grown = [now - then for now, then in zip(slow["counts"], fast["counts"])]
        above = next(i for i, bound in enumerate(slow["bounds"]) if bound > 0.03) + 1
        self.assertGreaterEqual(sum(grown[above:]), 6, grown)
        self.assertGreater((slow["sum"] - fast["sum"]) / sum(grown), 2 * fast["sum"] / fast["count"])
        # The kernel sees what etcd's log waits, and the database's waits besides.
        self.assertGreater(slow["sum"] - fast["sum"], 0.9 * (own_slow[1] - own_fast[1]))

    def slow_down(self, pid, disk):
        """Few writes a second for that process."""
        group = BLKIO / f"sonde_sync_{os.getpid()}"
        group.mkdir()

        def undo():
            (BLKIO / "cgroup.procs").write_text(str(pid))
            group.rmdir()
        self.addCleanup(undo)
        (group / LIMIT).write_text(f"{disk} 20")
        (group / "cgroup.procs").write_text(str(pid))


if __name__ == "__main__":
    harness.main()
