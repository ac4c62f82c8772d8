# SPDX-License-Identifier: Apache-2.0
"""Two machines on a switch, as network namespaces: `near` and `far`, and between them a bridge whose cable to `far` can
be pulled. Then packets vanish, both ways and without a word: near's own link stays up, nobody refuses and nobody resets."""

import contextlib
import ctypes
import os
import shutil
import subprocess
import uuid

CLONE_NEWNET = 0x40000000
NEAR, FAR = "10.231.7.1", "10.231.7.2"
LIBC = ctypes.CDLL(None, use_errno=True)


def ip(*words):
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=False, timeout=20)


def why_not():
    """Why this machine has no such namespaces; empty if it has."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not shutil.which("ip"):
        return "there is no ip (Debian package iproute2)"
    name = f"sonde-{uuid.uuid4().hex[:8]}"
    try:
        made = ip("netns", "add", name)
        bridge = ip("-n", name, "link", "add", "b0", "type", "bridge") if made.returncode == 0 else made
        return "" if bridge.returncode == 0 else "no bridge in a network namespace: " + bridge.stderr.strip()
    finally:
        ip("netns", "delete", name)


def enter(path):
    with open(path, "rb") as of:
        if LIBC.setns(of.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {path}")


class Switch:
    def __init__(self, case):
        tag = uuid.uuid4().hex[:8]
        self.near, self.far, self.middle = (f"sonde-{tag}-{end}" for end in ("near", "far", "middle"))
        for each in (self.near, self.far, self.middle):
            self.run("netns", "add", each)
            case.addCleanup(ip, "netns", "delete", each)
            self.run("-n", each, "link", "set", "lo", "up")
        self.run("-n", self.middle, "link", "add", "b0", "type", "bridge")
        self.run("-n", self.middle, "link", "set", "b0", "up")
        for name, end, address in ((self.near, "near", NEAR), (self.far, "far", FAR)):
            self.run("-n", self.middle, "link", "add", end, "type", "veth", "peer", "name", "eth0", "netns", name)
            self.run("-n", self.middle, "link", "set", end, "master", "b0", "up")
            self.run("-n", name, "address", "add", f"{address}/24", "dev", "eth0")
            self.run("-n", name, "link", "set", "eth0", "up")

    @staticmethod
    def run(*words):
        done = ip(*words)
        if done.returncode != 0:
            raise RuntimeError(f"ip {' '.join(words)}: {done.stderr}")

    @property
    def wrap(self):
        """The words before a command that make it run at the near end; they leave no process behind."""
        return ("nsenter", f"--net=/run/netns/{self.near}")

    @contextlib.contextmanager
    def at_far(self):
        """What this thread starts or opens meanwhile, processes and sockets, is at the far end."""
        own = f"/proc/self/task/{LIBC.gettid()}/ns/net"
        with open(own, "rb") as back:
            enter(f"/run/netns/{self.far}")
            try:
                yield
            finally:
                if LIBC.setns(back.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns back")

    def pull(self):
        self.run("-n", self.middle, "link", "set", "far", "nomaster")

    def plug(self):
        self.run("-n", self.middle, "link", "set", "far", "master", "b0")
