#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The sample plugins with kernel programs, on real events: an OOM kill, a TCP receiver that does not read, system calls
that seccomp refuses."""

import ctypes
import errno
import os
import pathlib
import platform
import signal
import socket
import struct
import subprocess
import sys
import traceback
import unittest

import harness
from harness import JSONL, wait_for

SAMPLE = '[[collectors]]\ntype = "{}"\n[collectors.config]\ninterval = "{}"\n'
CONFIG = (SAMPLE.format("oom_kill", "50ms") + SAMPLE.format("tcp_queue_length", "100ms") +
          SAMPLE.format("seccomp_denials", "50ms") + JSONL)
NAMES = ("oom_kill", "tcp_queue_length", "seccomp_denials")
MEBIBYTE = 1 << 20
TIMES = 1000
KERNEL = tuple(map(int, platform.release().split(".")[:2]))

# Of getppid, sysinfo and uname, which a Python interpreter does not need to end.
CALLS = {"x86_64": (110, 99, 63), "aarch64": (173, 179, 160)}.get(platform.machine())
PR_SET_NAME, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 15, 38, 22, 2
RET_KILL_PROCESS, RET_TRAP, RET_ERRNO, RET_ALLOW = 0x80000000, 0x00030000, 0x00050000, 0x7FFF0000


def mounts(kind):
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        words, _, rest = line.partition(" - ")
        if rest.split()[0] == kind:
            yield pathlib.Path(words.split()[4]), rest.split()[2].split(",")


def limited_cgroup(name, limit):
    """A memory cgroup with at most `limit` bytes; raises OSError with what this machine lacks."""
    for root, options in mounts("cgroup"):
        if "memory" in options:
            (root / name).mkdir()
            (root / name / "memory.limit_in_bytes").write_text(str(limit))
            return root / name
    for root, _ in mounts("cgroup2"):
        if "memory" in (root / "cgroup.subtree_control").read_text().split():
            (root / name).mkdir()
            (root / name / "memory.max").write_text(str(limit))
            (root / name / "memory.swap.max").write_text("0")
            return root / name
    raise OSError("no cgroup file system with the memory controller is mounted")


def call_refused(name):
    """In a child: installs a filter, has calls refused in three ways, the last of which ends it."""
    libc = ctypes.CDLL(None, use_errno=True)
    refused, trapped, killed = CALLS
    load, jump, ret = 0x20, 0x15, 0x06  # linux/bpf_common.h
    program = [(load, 0, 0, 0)]  # number of the call: the first field of struct seccomp_data
    for number, verdict in ((refused, RET_ERRNO | errno.EPERM), (trapped, RET_TRAP), (killed, RET_KILL_PROCESS)):
        program += [(jump, 0, 1, number), (ret, 0, 0, verdict)]
    program.append((ret, 0, 0, RET_ALLOW))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in program))
    fprog = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
    signal.signal(signal.SIGSYS, lambda *_: None)
    libc.prctl(PR_SET_NAME, name.encode(), 0, 0, 0)
    assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    where = ctypes.c_void_p(ctypes.addressof(fprog))
    assert libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, where, 0, 0) == 0, ctypes.get_errno()
    for _ in range(TIMES):
        assert libc.syscall(refused) == -1 and ctypes.get_errno() == errno.EPERM
    libc.syscall(trapped, 0)
    libc.syscall(killed, 0)


class EbpfSamples(harness.Case):
    def samples(self):
        self.take("encode_jsonl", *NAMES)
        agent = self.agent(CONFIG).ready()
        for name in NAMES:
            wait_for(f"hooks of {name}", lambda name=name: self.hooks(agent, name))
        return agent

    def check(self, agent, name, client="e2e"):
        answer = agent.get(f"/modules/{name}/check?client_id={client}")
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json

    def hooks(self, agent, name):
        return {each["hook"]: each for each in self.check(agent, name, "hooks")["hooks"]}

    def need(self, agent, name, hook):
        """Skips where the kernel refuses the hook, but not before the status has said so."""
        found = self.hooks(agent, name)[hook]
        print(f"{hook}: {found['attached_as']}; refused: {found['refused']}")
        health = agent.instance(name)
        if found["attached_as"] == "none":
            self.assertEqual(health["health"], "permanent", health)
            self.assertIn(hook, health["text"])
            self.skipTest(f"{hook} is not served here: {health['text']}")
        return found["attached_as"]

    def queues(self, agent):
        return next((each for each in self.check(agent, "tcp_queue_length")["processes"] if each["pid"] == os.getpid()),
                    None)

    def events(self, agent, name, process):
        return [each for each in agent.greetings(name)
                if each.get("attributes", {}).get("process.name") == process]

    def test_a_process_that_is_killed_for_want_of_memory_is_told(self):
        agent = self.samples()
        attached = self.need(agent, "oom_kill", "oom.kill")
        group = f"sonde-e2e-{os.getpid()}"
        try:
            cgroup = limited_cgroup(group, 24 * MEBIBYTE)
        except OSError as failure:
            self.skipTest(f"memory cgroups cannot be used here: {failure}")
        self.addCleanup(cgroup.rmdir)
        self.assertEqual(self.check(agent, "oom_kill")["kills"], 0)
        victim = subprocess.Popen(
            [sys.executable, "-c",
             f"open('{cgroup}/cgroup.procs', 'w').write('0'); open('/proc/self/comm', 'w').write('e2e-hungry');"
             "hold = [bytearray(1 << 20) for _ in range(256)]"])
        self.assertEqual(victim.wait(harness.PATIENCE), -signal.SIGKILL)
        told = wait_for("the event", lambda: self.events(agent, "oom_kill", "e2e-hungry"))
        self.assertEqual(len(told), 1)
        answer = self.check(agent, "oom_kill")
        self.assertEqual((answer["kills"], answer["last"][0]["pid"]), (1, victim.pid))
        if attached == "tp_btf":
            self.assertEqual(answer["victims"], [{"process": "e2e-hungry", "cgroup": group, "kills": 1}])
            self.assertGreater(answer["last"][0]["anonymous_bytes"], 8 * MEBIBYTE)
        self.assertEqual(self.check(agent, "oom_kill")["kills"], 0)
        self.assertEqual(self.check(agent, "oom_kill", "another")["kills"], 1)
        self.assertEqual(agent.metric("sonde_oom_kill_kills_total"), 1)

    def test_queues_of_a_receiver_that_does_not_read_are_told(self):
        agent = self.samples()
        self.need(agent, "tcp_queue_length", "tcp.queues")
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        sender = socket.create_connection(listener.getsockname())
        self.addCleanup(sender.close)
        receiver, _ = listener.accept()
        self.addCleanup(receiver.close)
        sender.setblocking(False)

        def fill():
            try:
                while True:
                    sender.send(bytes(65536))
            except BlockingIOError:
                mine = self.queues(agent)
                return mine and mine["send_percent"] >= 80 and mine["receive_percent"] >= 40 and mine
        found = wait_for("full queues", fill)
        print("full queues:", found)
        wait_for("an event", lambda: [each for each in agent.greetings("tcp_queue_length")
                                      if each["pid"] == os.getpid()])
        receiver.close()
        sender.close()
        # The answer that covers the end of the connection may still hold it; the one after that does not.
        wait_for("empty queues", lambda: self.queues(agent) is None)

    def refusals(self, hook, answer, wanted):
        """Has calls refused in all ways; what was counted of those with `answer` must be `wanted`, by call."""
        agent = self.samples()
        self.need(agent, "seccomp_denials", hook)
        child = os.fork()
        if child == 0:
            try:
                call_refused("e2e-seccomp")
            except BaseException:
                traceback.print_exc()
            os._exit(1)
        _, status = os.waitpid(child, 0)
        self.assertEqual(os.WTERMSIG(status), signal.SIGSYS)
        told, published = {}, {}

        def complete():
            for each in self.check(agent, "seccomp_denials")["causes"]:
                if (each["process"], each["answer"]) == ("e2e-seccomp", answer):
                    told[each["syscall"]] = told.get(each["syscall"], 0) + each["count"]
            published.clear()
            for each in (event["attributes"] for event in self.events(agent, "seccomp_denials", "e2e-seccomp")):
                if each["seccomp.answer"] == answer:
                    number = int(each["syscall.number"])
                    published[number] = published.get(number, 0) + int(each["seccomp.count"])
            return told == wanted and published == wanted
        wait_for(lambda: f"{wanted}: told {told}, published {published}", complete)

    @unittest.skipUnless(CALLS, f"numbers of system calls on {platform.machine()} are not known to this test")
    def test_calls_that_seccomp_answers_with_a_signal_are_counted(self):
        # Older kernels end a process that is to be killed without a signal to it.
        kills = {CALLS[2]: 1} if KERNEL >= (6, 1) else {}
        self.refusals("seccomp.signal", "SIGSYS", {CALLS[1]: 1} | kills)

    @unittest.skipUnless(CALLS, f"numbers of system calls on {platform.machine()} are not known to this test")
    def test_calls_that_seccomp_answers_with_an_error_are_counted(self):
        self.refusals("seccomp.error", f"errno {errno.EPERM}", {CALLS[0]: TIMES})


if __name__ == "__main__":
    harness.main()
