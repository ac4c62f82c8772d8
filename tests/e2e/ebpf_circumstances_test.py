#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The ebpf collector where something is missing or too much: each time the status says what, what still can be told is
told, and what is lost is counted."""

import json
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import sys
import time
import unittest

import harness
import nobody
from harness import JSONL, wait_for
from usage import kibibytes, processor_seconds

EBPF = '[[collectors]]\ntype = "ebpf"\n[collectors.config]\nconnection_interval = "1s"\n'
KERNEL_BTF = pathlib.Path("/sys/kernel/btf/vmlinux")
# In a mount namespace of its own, which shares nothing with the machine's.
WITHOUT_CGROUP2 = ["unshare", "--mount", "sh", "-c",
                   "awk '$9 == \"cgroup2\" || $10 == \"cgroup2\" {print $5}' /proc/self/mountinfo | while read -r each; do umount -l \"$each\"; done; "
                   'exec "$@"', "sh"]
BOMB = """
import os, sys
made, refused = [], 0
for _ in range(int(sys.argv[1])):
    try:
        pid = os.fork()
    except BlockingIOError:
        refused += 1
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            pass
        continue
    if pid == 0:
        os._exit(0)
    made.append(pid)
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
print(*made)
print(refused, file=sys.stderr)
"""


class Circumstances(harness.Case):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("kernel programs need root")
        self.take("ebpf", "encode_jsonl")

    def start(self, options="", **more):
        agent = self.agent(EBPF + options + JSONL, **more).ready()
        wait_for("the page of features", lambda: agent.get("/modules/ebpf/features").status == 200 and self.hooks(agent))
        return agent

    def observing(self, options=""):
        agent = self.start(options)
        if self.hooks(agent)["process.exec"]["attached_as"] == "none":
            self.skipTest(f"kernel programs cannot be loaded here: {agent.instance('ebpf')['text']}")
        return agent

    @staticmethod
    def hooks(agent):
        return {each["hook"]: each for each in agent.get("/modules/ebpf/features").json.get("hooks", [])}

    def expect_status(self, agent, health, *texts):
        told = wait_for(lambda: f"{health}: {agent.instance('ebpf')}",
                        lambda: (found := agent.instance("ebpf"))["health"] == health and found)
        self.assertEqual(told["state"], "running", told)
        for each in texts:
            self.assertIn(each, told.get("text", ""))

    def run_true(self, agent):
        """An exec, and its event."""
        with subprocess.Popen(["/bin/true"]) as one:
            pass
        return wait_for("the exec", lambda: next((
            each for each in agent.lines() if each["topic"] == "raw/ebpf/process/" and each.get("pid") == one.pid and
            each["payload"]["kind"] == "exec"), None))

    def test_a_btf_file_that_is_missing_is_named(self):
        agent = self.start('btf_custom_path = "/nowhere/vmlinux.btf"\n')
        self.expect_status(agent, "permanent", "/nowhere/vmlinux.btf")

    def test_a_btf_file_that_is_garbage_is_named(self):
        garbage = self.dir / "garbage.btf"
        garbage.write_bytes(os.urandom(4096))
        agent = self.start(f'btf_custom_path = "{garbage}"\n')
        self.expect_status(agent, "permanent", str(garbage))

    def test_a_btf_file_of_this_kernel_serves(self):
        if not KERNEL_BTF.exists():
            self.skipTest("this kernel has no BTF to copy")
        shutil.copy(KERNEL_BTF, self.dir / "own.btf")
        agent = self.observing(f'btf_custom_path = "{self.dir}/own.btf"\n')
        self.assertEqual(agent.get("/modules/ebpf/features").json["btf"], f"{self.dir}/own.btf")
        self.run_true(agent)

    def test_without_cgroup_v2_only_what_needs_it_is_missing(self):
        tried = subprocess.run([*WITHOUT_CGROUP2, "cat", "/proc/self/mountinfo"], capture_output=True, text=True, check=False)
        if tried.returncode or " - cgroup2 " in tried.stdout:
            self.skipTest(f"cgroup v2 cannot be hidden here: {tried.stderr.strip()}")
        agent = self.start(wrap=WITHOUT_CGROUP2)
        hooks = self.hooks(agent)
        if hooks["process.exec"]["attached_as"] == "none":
            self.skipTest("kernel programs cannot be loaded here")
        self.expect_status(agent, "permanent", "udp_sent", "mount -t cgroup2")
        self.assertEqual(hooks["udp_sent"]["attached_as"], "none")
        self.assertNotEqual(hooks["tcp_states"]["attached_as"], "none")
        self.run_true(agent)
        with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()):
            port = listener.getsockname()[1]
        wait_for("the connection", lambda: [each for each in agent.lines() if each["topic"] == "raw/ebpf/connection/" and
                                            each["payload"]["connection"].get("peer_port") == port])

    def test_what_is_not_granted_is_named(self):
        if nobody.OBSTACLE:
            self.skipTest(nobody.OBSTACLE)
        # Everything is withheld from one that is nobody, and one thing from one that is root.
        for dropped, named in (("all", ("CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN")),
                               ("net_admin,-sys_admin", ("CAP_NET_ADMIN",))):
            with self.subTest(dropped=dropped):
                agent = self.start(wrap=["setpriv", f"--inh-caps=-{dropped}", f"--bounding-set=-{dropped}"])
                self.expect_status(agent, "permanent", "grant " + ", ".join(named) + " to be told of")
                page = agent.get("/modules/ebpf/features").json
                self.assertEqual(page["missing_capabilities"], list(named))
                agent.stop()

    def test_connections_beyond_the_maximum_are_counted_and_told_at_their_end(self):
        agent = self.observing("max_tracked_connections = 1024\n")
        wanted = 800
        with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
            port = listener.getsockname()[1]
            pairs = []
            for _ in range(wanted):
                near = socket.create_connection(("127.0.0.1", port))
                pairs.append((near, listener.accept()[0]))
                near.sendall(b"123")
            wait_for("the count of those left out",
                     lambda: agent.metric("sonde_ebpf_connections_dropped_total", reason="table_full") >= 2 * wanted - 1024)
            self.assertLessEqual(agent.metric("sonde_ebpf_connections_tracked"), 1024)
            for near, far in pairs:
                near.close()
                far.close()

        def told():
            ends = [each["payload"]["connection"] for each in agent.lines()
                    if each["topic"] == "raw/ebpf/connection/" and each["payload"]["kind"] == "closed"]
            ends = [each for each in ends if port in (each["local_port"], each["peer_port"])]
            # More that end at once than are tracked do not fit either.
            unfit = agent.metric("sonde_ebpf_connections_dropped_total", reason="client_full")
            return ends if len(ends) + unfit >= 2 * wanted else None
        ends = wait_for(lambda: f"every end: {agent.get('/modules/ebpf/check').text}", told)
        self.assertLessEqual(len(ends), 2 * wanted)
        self.assertGreaterEqual(len(ends), 1024)
        self.assertEqual({each["total"].get("sent_bytes", 0) + each["total"].get("received_bytes", 0) for each in ends}, {3})

    def test_reading_that_fails_is_counted_each_time_and_is_not_tried_in_a_loop(self):
        agent = self.observing()
        pid = agent.pid
        failed = "sonde_ebpf_walk_failures_total"
        soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        spent, began = processor_seconds(pid), time.monotonic()
        # No further file can be opened: not the iterators, nor the connections of those who ask how it goes.
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, hard))
        try:
            time.sleep(4.5)
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
        spent, took = processor_seconds(pid) - spent, time.monotonic() - began
        # Each second one walk over TCP and, now and then, one over the owners of sockets.
        self.assertIn(agent.metric(failed), range(3, 2 * int(took) + 3))
        self.assertLess(spent, took / 4, "seconds of processor")
        self.assertIn("TCP connections were not all read", agent.log())
        self.run_true(agent)

    def limited_cgroup(self, most):
        """A cgroup with at most `most` processes; none, if this machine has no such controller."""
        for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
            words, _, rest = line.partition(" - ")
            root = pathlib.Path(words.split()[4])
            kind, _, options = rest.split()
            is_v2 = kind == "cgroup2" and "pids" in (root / "cgroup.subtree_control").read_text().split()
            if is_v2 or (kind == "cgroup" and "pids" in options.split(",")):
                group = root / f"sonde-e2e-{os.getpid()}"
                try:
                    group.mkdir()
                except OSError:
                    continue
                self.addCleanup(group.rmdir)
                (group / "pids.max").write_text(str(most))
                return group
        return None

    def test_a_burst_of_forks_is_told_or_counted_and_costs_no_memory(self):
        agent = self.observing('ring_size = "64KiB"\n')
        group = self.limited_cgroup(64)
        before = kibibytes(agent.pid, "VmHWM")
        workers = 8
        enter = (lambda: (group / "cgroup.procs").write_text(str(os.getpid()))) if group else None
        bombs = [subprocess.Popen([sys.executable, "-c", BOMB, "250"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                  preexec_fn=enter) for _ in range(workers)]
        said = [each.communicate(timeout=harness.PATIENCE) for each in bombs]
        pids = {int(pid) for out, _ in said for pid in out.split()}
        print(f"{len(pids)} forks, refused {sum(int(err or 0) for _, err in said)}")
        last = self.run_true(agent)
        lost = {}

        def settled():
            kinds = agent.get("/modules/ebpf/check").json["events"]
            now = {kind: kinds[kind]["lost"]["ring_full"] for kind in ("fork", "exit")}
            is_same = now == lost
            lost.update(now)
            return is_same or time.sleep(1.1)  # counted once a second
        wait_for("the losses", settled)
        told = {kind: {each["pid"] for each in agent.lines() if each["topic"] == "raw/ebpf/process/" and
                       each["payload"]["kind"] == kind} & pids for kind in lost}
        self.assertEqual(last["payload"]["kind"], "exec")
        # Others lose in the same ring.
        for kind, seen in told.items():
            print(f"{kind}: told {len(seen)}, lost {lost[kind]}")
            self.assertGreaterEqual(len(seen) + lost[kind], len(pids))
        self.assertLess(kibibytes(agent.pid, "VmHWM") - before, 16 << 10)

    @unittest.skipUnless(os.environ.get("E2E_MAY_SET_CLOCK"), "the clock may only be set in a guest")
    def test_times_follow_a_clock_that_steps(self):
        agent = self.observing()
        events = [self.run_true(agent)]
        with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as near:
            port = listener.getsockname()[1]
            for step in (3600, -7200, 3600):
                time.clock_settime(time.CLOCK_REALTIME, time.time() + step)
                event = self.run_true(agent)
                self.assertLess(abs(event["time_unix_nano"] / 1e9 - time.time()), 10, f"after a step of {step} s")
                events.append(event)
            near.sendall(b"123")
        lines = [each.get("event_id") for each in agent.lines()]
        places = [lines.index(each["event_id"]) for each in events]
        self.assertEqual(places, sorted(places))
        end = wait_for("the connection", lambda: next((
            each["payload"]["connection"] for each in agent.lines() if each["topic"] == "raw/ebpf/connection/" and
            each["payload"]["kind"] == "closed" and each["payload"]["connection"].get("peer_port") == port), None))
        times = [end[f"{what}_time_unix_nano"] for what in ("created", "established", "ended")]
        self.assertEqual(times, sorted(times), json.dumps(end))
        self.assertLess(abs(times[-1] / 1e9 - time.time()), 10)


if __name__ == "__main__":
    harness.main()
