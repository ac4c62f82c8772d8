# SPDX-License-Identifier: Apache-2.0
"""Containers made by runc and a pair of network namespaces for them to talk over. Everything has a name of its own and
is removed by the test that made it; nothing is added to the machine's own network namespace."""

import itertools
import json
import os
import pathlib
import shutil
import subprocess

import harness

# The machine's own programs, so that no image is needed.
SHARED = ("/usr", "/bin", "/sbin", "/lib", "/lib64")
numbers = itertools.count(1)


def run(*command, **more):
    return subprocess.run([str(each) for each in command], check=True, capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, **more).stdout


def obstacle():
    """Why containers cannot be made here; empty if they can."""
    if os.geteuid() != 0:
        return "containers need root"
    return "" if shutil.which("runc") else "there is no runc: ./dev setup"


def missing(*programs):
    """What is not installed of them, as a reason to skip; empty if everything is."""
    absent = [each for each in programs if not shutil.which(each)]
    return f"not installed: {', '.join(absent)}; ./dev setup" if absent else ""


class Namespace:
    """A named network namespace with its loopback up; ends with the test."""

    def __init__(self, case):
        self.name = f"sonde-{os.getpid()}-{next(numbers)}"
        made = subprocess.run(["ip", "netns", "add", self.name], capture_output=True, text=True, check=False)
        if made.returncode:
            case.skipTest(f"network namespaces cannot be made here: {made.stderr.strip()}")
        case.addCleanup(run, "ip", "netns", "delete", self.name)
        self.path = f"/run/netns/{self.name}"
        self.inode = os.stat(self.path).st_ino
        run("ip", "-n", self.name, "link", "set", "lo", "up")

    def inside(self, *command):
        """The command that runs `command` in here. Not `ip netns exec`, which would be an exec more."""
        return ["nsenter", f"--net={self.path}", *map(str, command)]


def joined(case, near_address, far_address):
    """Two namespaces with a cable between them, in one network of 24 bits."""
    near, far = Namespace(case), Namespace(case)
    run("ip", "-n", near.name, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", far.name)
    for one, address in ((near, near_address), (far, far_address)):
        run("ip", "-n", one.name, "address", "add", f"{address}/24", "dev", "eth0")
        run("ip", "-n", one.name, "link", "set", "eth0", "up")
        one.address = address
    return near, far


class Container:
    """One container, not started yet. `network`: a Namespace, or None for the machine's own."""

    def __init__(self, case, args, *, network=None, files=None):
        self.case = case
        self.id = os.urandom(32).hex()
        self.cgroup = f"/sonde-e2e/cri-containerd-{self.id}.scope"
        self.bundle = case.dir / self.id[:12]
        self.pid_file = self.bundle / "pid"
        self.process = None
        root = self.bundle / "rootfs"
        for each in (*SHARED, "/proc", "/dev", "/sys", "/tmp", "/etc", "/run", "/var/log", "/var/lib"):
            (root / each.lstrip("/")).mkdir(parents=True, exist_ok=True)
        (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n")
        (root / "etc/group").write_text("root:x:0:\nnogroup:x:65534:\n")
        for path, text in (files or {}).items():
            (root / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            (root / path.lstrip("/")).write_text(text)
        self._describe([str(each) for each in args], network)

    def _describe(self, args, network):
        run("runc", "spec", cwd=self.bundle)
        spec = json.loads((self.bundle / "config.json").read_text())
        spec["process"].update(args=args, terminal=False, rlimits=[])
        spec["process"]["capabilities"] = {kind: ["CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETUID", "CAP_SETGID", "CAP_CHOWN"]
                                           for kind in ("bounding", "effective", "permitted")}
        spec["root"]["readonly"] = False
        spec["mounts"] = [each for each in spec["mounts"] if each["type"] not in ("cgroup", "mqueue")]
        spec["mounts"] += [{"destination": each, "source": os.path.realpath(each), "type": "bind", "options": ["rbind", "ro"]}
                           for each in SHARED if os.path.exists(each)]
        linux = spec["linux"]
        linux.pop("resources", None)
        linux["cgroupsPath"] = self.cgroup
        linux["namespaces"] = [each for each in linux["namespaces"] if each["type"] not in ("network", "cgroup")]
        if network:
            linux["namespaces"].append({"type": "network", "path": network.path})
        (self.bundle / "config.json").write_text(json.dumps(spec))

    def _command(self, *words):
        return ["runc", "--root", str(self.case.dir / "runc"), *words]

    def start(self):
        """Runs it beside the test; its first process's pid on the machine."""
        with open(self.bundle / "log", "wb") as log:
            self.process = subprocess.Popen(
                self._command("run", "--bundle", str(self.bundle), "--pid-file", str(self.pid_file), self.id),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.case.addCleanup(self.stop)
        harness.wait_for(lambda: f"the container: {self.said()}", self._is_started)
        return self

    def _is_started(self):
        if self.process.poll() is not None and not self.pid_file.exists():
            raise AssertionError(f"the container did not start: {self.said()}")
        return self.pid_file.exists() and self.pid_file.read_text()

    @property
    def pid(self):
        return int(self.pid_file.read_text())

    def wait(self):
        """Its exit code."""
        return self.process.wait(60)

    def said(self):
        return (self.bundle / "log").read_text(errors="replace")

    def stop(self):
        if self.process.poll() is None:
            subprocess.run(self._command("delete", "--force", self.id), check=False, capture_output=True, timeout=60)
        self.process.wait(60)
        self._remove_cgroups()

    def _remove_cgroups(self):
        """runc removes its own cgroup; the folder above it goes with the last container."""
        for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
            words, _, rest = line.partition(" - ")
            if rest.split()[0] in ("cgroup", "cgroup2"):
                for each in (self.cgroup, os.path.dirname(self.cgroup)):
                    try:
                        os.rmdir(words.split()[4] + each)
                    except OSError:
                        pass  # not there, or another container's too


def until_listening(namespace, port, protocol="t"):
    """Waits until something listens there."""
    def probe():
        return run(*namespace.inside("ss", "-Hln", f"-{protocol}", f"sport = :{port}")).strip()
    harness.wait_for(f"a listener on {port}", probe)


