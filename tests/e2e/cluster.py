# SPDX-License-Identifier: Apache-2.0
"""A scripted cluster on this machine: pods that a test API server tells of, their containers as real processes in control
groups named as a kubelet names them, in network namespaces with the pods' addresses. It remembers who was what, and when:
the truth that events are compared with. Everything is removed by the test that made it."""

import ctypes
import itertools
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support" / "k8s"))
import harness
import objects
import truth
from containers import Namespace, run

NODE = "node-a"
NODE_ADDRESS = "192.0.2.10"
GROUPS = "/sys/fs/cgroup"
CLONE_NEWNET = 0x40000000
HOLD_BACK = 2_000_000_000 if harness.INSTRUMENTED else 300_000_000  # ns: the enricher's, and what a loaded machine adds
numbers = itertools.count(1)

# The collector of the API server's objects, in a hurry.
COLLECTOR = """[[collectors]]
type = "k8s"
[collectors.config]
server = "{url}"
token_file = "{token}"
ca_file = "{ca}"
scope = "cluster"
start_jitter = "0s"
requests_per_second = 1000.0
request_burst = 1000
retry_first = "10ms"
retry_limit = "100ms"
"""

# Runs in a container and does what it is told, one line of JSON each.
ACTOR = r'''
import ctypes, json, os, socket, sys, threading, time
kernel = ctypes.PyDLL(None, use_errno=True)
def serve(listener):
    while True:
        one = listener.accept()[0]
        with one:
            one.sendall(one.recv(100))
def spawn(pid):
    if not pid:
        return os.posix_spawn("/bin/true", ["true"], {})
    wanted = (ctypes.c_int * 1)(pid)
    asked = (ctypes.c_uint64 * 11)(0, 0, 0, 0, 17, 0, 0, 0, ctypes.addressof(wanted), 1, 0)  # 17: SIGCHLD at its end
    made = kernel.syscall(435, asked, ctypes.sizeof(asked))  # clone3
    if made == 0:
        os.execv("/bin/true", ["true"])
    return made
def do(what, *given):
    if what == "run":
        pid = spawn(*given)
        return {"error": os.strerror(ctypes.get_errno())} if pid < 0 else {"pid": pid, "code": os.waitpid(pid, 0)[1]}
    if what == "listen":
        listener = socket.create_server(tuple(given))
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        return {"port": listener.getsockname()[1]}
    if what == "knock":
        with socket.socket() as to:
            to.settimeout(10)
            return {"refused": to.connect_ex(tuple(given)) == 111}
    if what == "calls":
        address, port, count = given
        for _ in range(count):
            with socket.create_connection((address, port), timeout=10) as to:
                to.sendall(b"hello")
                to.recv(100)
        return {}
    address, port, seconds = given
    with socket.create_connection((address, port), timeout=10) as to:
        to.sendall(b"hello")
        time.sleep(seconds)
        return {"port": to.getsockname()[1], "said": to.recv(100).decode()}
for line in sys.stdin:
    try:
        answer = do(*json.loads(line))
    except OSError as problem:
        answer = {"error": str(problem)}
    print(json.dumps(answer), flush=True)
'''


def hierarchies():
    """Where control groups are mounted: the ones that say which container a process is in."""
    wanted = [f"{GROUPS}/{each}" for each in ("unified", "systemd", "pids")]
    found = [each for each in wanted if os.path.isdir(each)]
    return found or [GROUPS]


class Cell:
    """One container of a pod: a control group, and an actor in it once it runs."""

    def __init__(self, pod, name, kind="container"):
        self.pod, self.name, self.kind = pod, name, kind
        self.id = os.urandom(32).hex()
        self.process = None
        self.has_ended = False
        self.listening = []
        uid = pod.group_uid
        if pod.driver == "systemd":
            inner = f"kubepods-burstable-pod{uid.replace('-', '_')}.slice"
            self.group = f"/kubepods.slice/kubepods-burstable.slice/{inner}/cri-containerd-{self.id}.scope"
        else:
            self.group = f"/kubepods/burstable/pod{uid}/{self.id}"

    def start(self):
        for root in hierarchies():
            os.makedirs(root + self.group, exist_ok=True)
        self.pod.case.addCleanup(self.stop)
        network = self.pod.network

        def enter():
            for root in hierarchies():
                pathlib.Path(root + self.group, "cgroup.procs").write_text("0")
            if network:
                handle = os.open(network.path, os.O_RDONLY)
                if ctypes.CDLL(None).setns(handle, CLONE_NEWNET):
                    raise OSError("setns")
        began = time.time_ns()
        self.process = subprocess.Popen([sys.executable, "-ISc", ACTOR], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        preexec_fn=enter, text=True)
        self.life = self.pod.truth.born(self.process.pid, began, self)
        return self

    def ask(self, *words):
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise AssertionError(f"{self.pod.name}/{self.name}: {words}: {answer['error']}")
        return answer

    def run(self, pid=0):
        """A child that execs and ends; its pid."""
        began = time.time_ns()
        done = self.ask("run", pid)
        self.pod.truth.born(done["pid"], began, self, time.time_ns())
        return done["pid"]

    def listen(self, port):
        self.pod.truth.listens(self.pod.address, self.ask("listen", "0.0.0.0", port)["port"], self)

    def call(self, address, port, seconds=0):
        """A connection that says a word, lasts so long, and ends; the port it came from."""
        began = time.time_ns()
        own = self.ask("call", address, port, seconds)["port"]
        self.pod.truth.calls[own].append({"start": began, "end": time.time_ns(), "cell": self})
        return own

    def call_often(self, address, port, count):
        """Short connections, one after the other, of which the truth remembers nothing."""
        self.ask("calls", address, port, count)

    def knock(self, address, port):
        """A connection that is refused."""
        if self.ask("knock", address, port)["refused"] is not True:
            raise AssertionError(f"{address}:{port} was not to answer")

    def stop(self):
        if self.process and not self.has_ended:
            self.has_ended = True
            self.process.send_signal(signal.SIGKILL)
            with self.process:
                self.process.wait(20)
            self.life["end"] = time.time_ns()
            for each in self.listening:
                each["end"] = time.time_ns()
        for root in hierarchies():
            group = self.group
            while group.count("/") > 1 or group in ("/kubepods.slice", "/kubepods"):
                try:
                    os.rmdir(root + group)
                except OSError:
                    break  # another pod's too, or not there
                group = os.path.dirname(group)

    def status(self):
        state = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": f"containerd://{self.id}"}} \
            if self.has_ended else {"running": {"startedAt": objects.START}}
        return {"name": self.name, "ready": True, "restartCount": 0, "state": state, "lastState": {},
                "image": f"registry.example/{self.pod.name}:2", "imageID": "", "containerID": f"containerd://{self.id}"}


class Pod:
    """What is true of a pod. The API server knows what `tell` told it."""

    def __init__(self, world, name, *, space="shop", address=None, owner=None, labels=None, driver="systemd",
                 host_network=False, static=False):
        self.world, self.case, self.truth = world, world.case, world.truth
        self.name, self.space, self.driver = name, space, driver
        self.labels = labels or {"app": name}
        self.owner, self.is_host_network, self.is_static = owner, host_network, static
        self.uid = objects.uid_of("Pod", space, name, str(next(numbers)))
        # The kubelet gives the pods of its own files a uid before the API server does.
        self.group_uid = objects.uid_of("static", self.uid).replace("-", "") if static else self.uid
        self.address = NODE_ADDRESS if host_network else address
        self.network = world.wire if host_network else world.attach(address) if address else None
        self.workload = world.workload_of(owner) if owner else None
        self.cells = {}
        self.services = [{"told": 0, "known": 0, "names": frozenset()}]  # that select it, one after the other

    def cell(self, name="main", kind="container"):
        self.cells[name] = Cell(self, name, kind)
        return self.cells[name]

    def start(self, name="main", kind="container"):
        return self.cell(name, kind).start()

    def item(self):
        made = objects.pod(self.name, self.space, NODE, self.address or "10.244.250.1", self.owner, self.labels)
        made["metadata"]["uid"] = self.uid
        if self.is_static:
            made["metadata"]["annotations"] = {"kubernetes.io/config.hash": self.group_uid,
                                               "kubernetes.io/config.source": "file",
                                               "kubernetes.io/config.mirror": self.group_uid}
            made["metadata"]["ownerReferences"] = [{"apiVersion": "v1", "kind": "Node", "name": NODE, "controller": True,
                                                    "uid": objects.uid_of("Node", "", NODE)}]
        if self.is_host_network:
            made["spec"]["hostNetwork"] = True
        for kind, spec, status in (("container", "containers", "containerStatuses"),
                                   ("init", "initContainers", "initContainerStatuses"),
                                   ("ephemeral", "ephemeralContainers", "ephemeralContainerStatuses")):
            cells = [each for each in self.cells.values() if each.kind == kind]
            made["spec"][spec] = [{"name": each.name, "image": f"registry.example/{self.name}:2"} for each in cells]
            made["status"][status] = [each.status() for each in cells]
        return made

    def tell(self, services=None):
        """Tells the API server, and says which services select it from now on."""
        if services is not None:
            self.services.append({"told": time.time_ns(), "known": None, "names": frozenset(services)})
        self.told = self.world.api.apply(self.item())
        return self

    def selected_by(self, time):
        """The sets of services that an event of that time may name: several while a change is on its way, and for as
        long as the event may have been held back, since it is told what is true at its release."""
        at = max(number for number, each in enumerate(self.services) if each["told"] <= time)
        while at and (self.services[at]["known"] is None or time < self.services[at]["known"]):
            at -= 1
        return [each["names"] for each in self.services[at:] if each["told"] <= time + HOLD_BACK]

    def end(self):
        """Its containers end and its network goes; the API server is told by `delete`."""
        for each in self.cells.values():
            each.stop()
        if self.network and not self.is_host_network:
            self.world.detach(self.address)

    def delete(self):
        self.world.api.delete(self.told)


class World:
    """The node: one network, one API server, the pods."""

    def __init__(self, case, api):
        self.case, self.api, self.truth = case, api, truth.Truth()
        self.wire = Namespace(case)
        self.names = {}
        self.owners = {}
        run("ip", "-n", self.wire.name, "link", "add", "br0", "type", "bridge")
        for address in ("10.244.0.1/16", f"{NODE_ADDRESS}/24"):
            run("ip", "-n", self.wire.name, "address", "add", address, "dev", "br0")
        run("ip", "-n", self.wire.name, "link", "set", "br0", "up")

    def attach(self, address):
        """A network namespace with that address."""
        made = Namespace(self.case)
        link = f"v{next(numbers)}"
        # One who has the address after another has its hardware address, too, so that nobody asks for the wrong one.
        hardware = "02:00:" + ":".join(f"{int(each):02x}" for each in address.split("."))
        run("ip", "-n", made.name, "link", "add", "eth0", "address", hardware, "type", "veth",
            "peer", "name", link, "netns", self.wire.name)
        run("ip", "-n", self.wire.name, "link", "set", link, "master", "br0", "up")
        run("ip", "-n", made.name, "address", "add", f"{address}/16", "dev", "eth0")
        run("ip", "-n", made.name, "link", "set", "eth0", "up")
        run("ip", "-n", made.name, "route", "add", "default", "via", "10.244.0.1")
        self.names[address] = link
        return made

    def detach(self, address):
        """Nobody has it any more."""
        run("ip", "-n", self.wire.name, "link", "delete", self.names.pop(address))
        self.truth.addresses[address][-1]["end"] = time.time_ns()

    def workload_of(self, owner):
        top = self.owners.get(owner["metadata"]["uid"], owner)
        return top["kind"], top["metadata"]["name"]

    def deployment(self, name, space="shop"):
        """Tells of a deployment; its replica set."""
        top = objects.deployment(name, space)
        middle = objects.replicaset(f"{name}-6dcd665c67", space, top)
        self.owners[middle["metadata"]["uid"]] = top
        for each in (top, middle):
            self.api.apply(each)
        return middle

    def pod(self, name, **more):
        made = Pod(self, name, **more)
        if made.network and not made.is_host_network:
            self.truth.addresses[made.address].append({"start": time.time_ns(), "end": None, "pod": made})
        return made


def entities(agent, kind):
    """What the agent's store knows of a kind, by key."""
    told = agent.get(f"/modules/enrich_context/entities?kind={kind}").json["entities"]
    return {each["payload"]["key"]: each["payload"] for each in told}


def until_known(agent, pod):
    """Waits until the store has the pod, and its services, as the API server was told."""
    wanted = pod.services[-1]["names"]

    def probe():
        found = entities(agent, "pod").get(f"pod:{pod.uid}")
        if not found or found["pod"]["phase"] != "Running":
            return False
        return wanted == {each["service"]["name"] for each in entities(agent, "service").values()
                          if pod.uid in each["service"].get("pod_uids", [])}
    harness.wait_for(lambda: f"{pod.name} in {json.dumps(entities(agent, 'pod'))[:2000]}", probe)
    pod.services[-1]["known"] = time.time_ns()
