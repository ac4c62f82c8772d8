#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The cni collector in a running agent, beside the reference plugins, driven by their own protocol in network namespaces
of the test, and beside logs that are written, rotated and truncated while the agent is killed and started again."""

import base64
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

import containers
import harness
from harness import wait_for

CNI = pathlib.Path("/usr/lib/cni")
ENCODER = '[[encoders]]\ntype = "encode_jsonl"\ndelivery = "lossless"\n'
POD = "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME={pod};K8S_POD_UID=0f3c9a1e-1111-2222-3333-444455556666"


def why_not():
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not (CNI / "bridge").exists():
        return "the reference plugins are not installed: ./dev setup"
    return containers.missing("ip", "nsenter")


class Cni(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("cni", "process", "encode_jsonl")
        for name in ("log", "net.d", "results", "networks", "state"):
            (self.dir / name).mkdir()

    def options(self, *lines):
        at = self.dir
        return "\n".join(['[[collectors]]\ntype = "cni"\n[collectors.config]', f'state_dir = "{at}/state"',
                          f'log_paths = ["{at}/log/cni.log"]', f'config_dir = "{at}/net.d"',
                          f'results_dir = "{at}/results"', f'networks_dir = "{at}/networks"', *lines, ""])

    def started(self, config, **more):
        if "run_dir" not in more:
            more["run_dir"] = tempfile.mkdtemp(prefix="sonde-e2e-")
            self.addCleanup(shutil.rmtree, more["run_dir"], ignore_errors=True)
        return self.agent(config + ENCODER, **more).ready()

    def events(self, agent, kind=None, **with_):
        found = []
        for each in agent.lines():
            if each["content_type"] == "sonde.v1.CniEvent":
                event = each["payload"] | {"time": each["time"], "snapshot": each.get("snapshot", False),
                                           "event_id": each.get("event_id")}
                if kind in (None, event["kind"]) and all(event.get(key) == value for key, value in with_.items()):
                    found.append(event)
        return found

    def until(self, agent, kind, count=1, **with_):
        return wait_for(lambda: f"{kind} {with_}: {self.events(agent)[-8:]}\n{agent.log()[-2000:]}", lambda: (
            lambda all: all if len(all) >= count else None)(self.events(agent, kind, **with_)))


@unittest.skipIf(why_not(), why_not())
class Protocol(Cni):
    """Pods are made and removed as a runtime does it."""

    def setUp(self):
        super().setUp()
        self.node = containers.Namespace(self)
        self.plugin = {"cniVersion": "0.4.0", "name": "podnet", "type": "bridge", "bridge": "cnitest0",
                       "isGateway": True, "ipMasq": False,
                       "ipam": {"type": "host-local", "dataDir": f"{self.dir}/networks",
                                "ranges": [[{"subnet": "10.88.79.0/28"}]], "routes": [{"dst": "0.0.0.0/0"}]}}
        (self.dir / "net.d" / "10-pods.conf").write_text(json.dumps(self.plugin))

    def call(self, command, pod, netns, config=None, agent=None):
        """One run of a plugin. It reads its configuration first, and gets it when `agent` has noticed the run: then its
        environment has been read, however fast it is."""
        config = config or self.plugin
        env = {"PATH": os.environ["PATH"], "CNI_COMMAND": command, "CNI_CONTAINERID": f"id-of-{pod}",
               "CNI_NETNS": netns, "CNI_IFNAME": "eth0", "CNI_PATH": str(CNI), "CNI_ARGS": POD.format(pod=pod)}
        running = "sonde_cni_operations_running"
        if agent:
            wait_for("the end of the run before", lambda: agent.metric(running) == 0)
        run = subprocess.Popen(self.node.inside(CNI / config["type"]), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, env=env)
        with run:
            if agent:
                wait_for(f"the run of {config['type']}", lambda: agent.metric(running) == 1)
            stdout, stderr = run.communicate(json.dumps(config), timeout=20)
        return subprocess.CompletedProcess(run.args, run.returncode, stdout, stderr)

    def keep(self, pod, result):
        """As libcni keeps it."""
        kept = {"kind": "cniCacheV1", "containerId": f"id-of-{pod}", "ifName": "eth0", "networkName": "podnet",
                "config": base64.b64encode(json.dumps(self.plugin).encode()).decode(),
                "cniArgs": [pair.split("=", 1) for pair in POD.format(pod=pod).split(";")], "result": json.loads(result)}
        path = self.dir / "results" / f"podnet-id-of-{pod}-eth0"
        path.write_text(json.dumps(kept))
        return path

    def test_a_pod_is_told_from_its_namespace_to_its_release(self):
        runs = self.started(self.options("logs = false", "network = false", f'binary_dirs = ["{CNI}"]') +
                            '[[collectors]]\ntype = "process"\n[collectors.config]\nscan_interval = "0s"\n')
        node = self.started(self.options("logs = false", "config = false", "results = false", "operations = false"),
                            wrap=self.node.inside())
        wait_for("events of processes", lambda: self.hears(runs))
        self.until(node, "interface_added", interface="lo", snapshot=True)
        pod = containers.Namespace(self)
        made = self.call("ADD", "web-0", pod.path, agent=runs)
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        kept = self.keep("web-0", made.stdout)
        checked = self.call("CHECK", "web-0", pod.path, self.plugin | {"prevResult": json.loads(made.stdout)}, runs)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

        created = self.until(node, "namespace_created", netns=pod.path)[0]
        self.assertEqual(created["netns_inode"], pod.inode)
        self.assertTrue(any(each["interface"].startswith("veth") for each in self.until(node, "interface_up", 2)))
        self.until(node, "address_added", interface="cnitest0", addresses=["10.88.79.1/28"])
        route = self.until(node, "route_added", interface="cnitest0")
        self.assertIn({"destination": "10.88.79.0/28"}, [each["routes"][0] for each in route])

        result = self.until(runs, "result_added")[0]
        self.assertEqual((result["pod_name"], result["pod_namespace"], result["interface"]), ("web-0", "shop", "eth0"))
        self.assertEqual((result["addresses"], result["gateway"]), (["10.88.79.2/28"], "10.88.79.1"))
        self.assertEqual(result["netns"], pod.path)
        self.until(runs, "pool", pool={"used": 1, "size": 13}, subnet="10.88.79.0/28", network="podnet")
        allocated = self.until(runs, "address_allocated", container_id="id-of-web-0")[0]
        self.assertEqual(allocated["addresses"], ["10.88.79.2"])
        run = self.until(runs, "plugin_run", plugin="bridge", operation="add")[0]
        self.assertEqual((run["container_id"], run["netns"], run["interface"]), ("id-of-web-0", pod.path, "eth0"))
        self.assertEqual((run["pod_name"], run["pod_uid"]), ("web-0", "0f3c9a1e-1111-2222-3333-444455556666"))
        self.assertEqual((run["exit_code"], run["success"], run["severity"]), (0, True, 9))
        self.assertGreater(run["duration_ns"], 1_000_000)
        check = self.until(runs, "plugin_run", plugin="bridge", operation="check")[0]
        self.assertEqual(check["severity"], 13)
        # The run begins, the interface is made, and the address is given out: all before the run ends.
        veth = next(each for each in self.events(node, "interface_added") if each["interface"].startswith("veth"))
        self.assertLess(run["time"], allocated["time"])
        self.assertLess(run["time"], veth["time"])

        self.assertEqual(self.call("DEL", "web-0", pod.path, agent=runs).returncode, 0)
        kept.unlink()
        self.until(runs, "address_released", container_id="id-of-web-0")
        self.assertEqual(self.until(runs, "result_removed")[0]["pod_name"], "web-0")
        self.until(runs, "pool", 2, network="podnet")
        self.assertEqual(runs.get("/modules/cni/pools").json,
                         [{"network": "podnet", "subnet": "10.88.79.0/28", "used": 0, "size": 13}])
        self.until(node, "interface_removed", interface=veth["interface"])
        self.until(runs, "plugin_run", plugin="bridge", operation="del")

        broken = self.call("ADD", "web-1", "/run/netns/there-is-none", agent=runs)
        self.assertNotEqual(broken.returncode, 0)
        failed = self.until(runs, "plugin_run", plugin="bridge", operation="add", success=False)[0]
        self.assertEqual((failed["severity"], failed["exit_code"], failed["pod_name"]), (21, 1, "web-1"))
        rows = {(each["plugin"], each["operation"]): each for each in runs.get("/modules/cni/operations").json}
        self.assertEqual((rows["bridge", "ADD"]["runs"], rows["bridge", "ADD"]["failures"]), (2, 1))

    @unittest.skipUnless((CNI / "portmap").exists(), f"no {CNI}/portmap")
    @unittest.skipIf(containers.missing("iptables"), containers.missing("iptables"))
    def test_each_plugin_of_a_chain_is_a_run_of_its_own(self):
        agent = self.started(self.options("logs = false", "network = false", f'binary_dirs = ["{CNI}"]') +
                             '[[collectors]]\ntype = "process"\n[collectors.config]\nscan_interval = "0s"\n')
        wait_for("events of processes", lambda: self.hears(agent))
        mapping = {"cniVersion": "0.4.0", "name": "podnet", "type": "portmap", "capabilities": {"portMappings": True},
                   "runtimeConfig": {"portMappings": [{"hostPort": 18080, "containerPort": 80, "protocol": "tcp"}]}}
        (self.dir / "net.d" / "20-chain.conflist").write_text(json.dumps(
            {"cniVersion": "0.4.0", "name": "podnet", "plugins": [self.plugin, mapping]}))
        pod = containers.Namespace(self)
        made = self.call("ADD", "web-0", pod.path, agent=agent)
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        mapped = self.call("ADD", "web-0", pod.path, mapping | {"prevResult": json.loads(made.stdout)}, agent)
        self.assertEqual(mapped.returncode, 0, mapped.stdout + mapped.stderr)
        first = self.until(agent, "plugin_run", plugin="bridge", operation="add")[0]
        second = self.until(agent, "plugin_run", plugin="portmap", operation="add")[0]
        for run in (first, second):
            self.assertEqual((run["container_id"], run["pod_name"], run["exit_code"]), ("id-of-web-0", "web-0", 0))
        self.assertLess(first["time"], second["time"])
        self.assertEqual(self.until(agent, "config_changed", path=f"{self.dir}/net.d/20-chain.conflist")[0]
                         ["config_change"]["plugins"], ["bridge", "portmap"])
        # In the other direction, as runtimes undo a chain; the network is left as it was found.
        for config in (mapping, self.plugin):
            self.assertEqual(self.call("DEL", "web-0", pod.path, config, agent).returncode, 0)
        for plugin in ("portmap", "bridge"):
            self.until(agent, "plugin_run", plugin=plugin, operation="del")
        rows = {(each["plugin"], each["operation"]): each["runs"] for each in agent.get("/modules/cni/operations").json}
        self.assertEqual((rows["portmap", "ADD"], rows["portmap", "DEL"]), (1, 1))

    def test_operations_that_a_plugin_does_not_know_yet_are_runs_too(self):
        # GC and STATUS came with version 1.1 of the specification; plugins of 1.0 refuse them.
        agent = self.started(self.options("logs = false", "network = false", "results = false", f'binary_dirs = ["{CNI}"]') +
                             '[[collectors]]\ntype = "process"\n[collectors.config]\nscan_interval = "0s"\n')
        wait_for("events of processes", lambda: self.hears(agent))
        for operation in ("GC", "STATUS"):
            done = self.call(operation, "web-0", "/run/netns/none", agent=agent)
            run = self.until(agent, "plugin_run", plugin="bridge", operation=operation.lower())[0]
            self.assertEqual((run["exit_code"], run.get("success", False)), (done.returncode, done.returncode == 0))
            self.assertEqual(run["severity"], 9 if done.returncode == 0 else 17)
            self.assertGreater(run["duration_ns"], 0)
        rows = {each["operation"]: each["runs"] for each in agent.get("/modules/cni/operations").json
                if each["plugin"] == "bridge"}
        self.assertEqual(rows, {"GC": 1, "STATUS": 1})

    def hears(self, agent):
        subprocess.run([CNI / "loopback"], input="", capture_output=True, check=False, timeout=10,
                       env={"CNI_COMMAND": "VERSION"})
        time.sleep(0.05)
        return self.events(agent, "plugin_run", plugin="loopback")


class Input(Cni):
    def readers(self, agent):
        """How many read what the process collector tells."""
        lanes = agent.get("/debug/lanes").json["lanes"]
        return next(stream["subscribers"] for lane in lanes for stream in lane["streams"]
                    if stream["topic"] == "raw/process/event/")

    def test_processes_are_read_only_for_operations(self):
        off = ["logs = false", "results = false", "network = false"]
        both = '[[collectors]]\ntype = "process"\n[collectors.config]\nscan_interval = "0s"\n'
        self.assertEqual(self.readers(self.started(self.options(*off) + both)), 2, "the encoder and the collector")
        agent = self.started(self.options(*off, "operations = false") + both)
        self.assertEqual(self.readers(agent), 1, "the encoder")
        self.assertTrue(agent.get("/modules/cni/check").json["ok"])


class Logs(Cni):
    def reading(self, *lines):
        return self.started(self.options("config = false", "results = false", "network = false", "operations = false",
                                         'log_begin = "beginning"', 'settle = "300ms"', *lines), run_dir=self.run_dir)

    def waiting(self, agent):
        wait_for("a log that is waited for",
                 lambda: agent.get("/modules/cni/check").json["logs"].get("reason") == "no_log")
        return agent

    def line(self, number):
        return f'level=info msg="cmdAdd" plugin=bridge containerID=c{number} number={number}'

    def test_lines_are_understood_and_secrets_stay(self):
        canary = "canary-" + os.urandom(8).hex()
        (self.dir / "net.d" / "10.conflist").write_text(json.dumps(
            {"name": "n", "cniVersion": "1.0.0", "plugins": [{"type": "calico", "policy": {"k8s_auth_token": canary}}]}))
        agent = self.waiting(self.started(self.options("results = false", "network = false", "operations = false")))
        with open(self.dir / "log" / "cni.log", "a", encoding="utf-8") as log:
            log.write(self.line(7) + "\n")
        event = self.until(agent, "plugin_run", container_id="c7")[0]
        self.assertEqual((event["family"], event["operation"], event["source"]), ("bridge", "add", "log"))
        self.assertEqual(self.until(agent, "config_changed")[0]["config_change"]["plugins"], ["calico"])
        self.assertTrue(agent.get("/modules/cni/check").json["ok"])
        self.assertEqual(agent.stop(), 0)
        for path in self.dir.glob("out*"):
            self.assertNotIn(canary, path.read_text())
        self.assertNotIn(canary, agent.log())

    def test_nothing_is_lost_over_rotations_and_crashes_and_repeats_have_the_same_id(self):
        path, chance, stop, written = self.dir / "log" / "cni.log", random.Random(5), threading.Event(), []

        def rotate(turn):
            for number in range(40, 0, -1):
                if (old := path.with_name(f"cni.log.{number}")).exists():
                    old.rename(path.with_name(f"cni.log.{number + 1}"))
            if turn % 2:
                path.rename(path.with_name("cni.log.1"))
            else:  # by copying: nothing is written in between
                shutil.copyfile(path, path.with_name("cni.log.1"))
                os.truncate(path, 0)

        def write():
            turn = 0
            while not stop.is_set():
                with open(path, "a", encoding="utf-8") as log:
                    for _ in range(chance.randint(1, 60)):
                        written.append(self.line(len(written)))
                        log.write(written[-1] + "\n")
                if chance.random() < 0.04:
                    turn += 1
                    rotate(turn)
                time.sleep(chance.random() * 0.01)
        told = []
        agent = self.waiting(self.reading())
        writer = threading.Thread(target=write)
        writer.start()
        for turn in range(6):
            time.sleep(chance.random() * 1.2)
            if turn % 2:
                agent.stop(signal.SIGKILL)
            else:
                self.assertEqual(agent.stop(), 0)
            told.append(self.events(agent))
            agent = self.reading()
        stop.set()
        writer.join()
        self.until(agent, "plugin_run", container_id=f"c{len(written) - 1}")
        self.assertEqual(agent.stop(), 0)
        told.append(self.events(agent))
        self.verify(told, written)

    def verify(self, told, written):
        ids, repeats = {}, 0
        highest = -1
        for events in told:
            numbers = [int(each["container_id"][1:]) for each in events]
            self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))) if numbers else [])
            if numbers:
                self.assertLessEqual(numbers[0], highest + 1)
            for number, each in zip(numbers, events):
                self.assertEqual(each["raw"], written[number])
                repeats += number <= highest
                self.assertEqual(ids.setdefault(number, each["event_id"]), each["event_id"])
            highest = max(numbers, default=highest)
        self.assertEqual(highest + 1, len(written))
        self.assertEqual(len(set(ids.values())), len(written))
        print(f"{len(written)} lines, {repeats} repeated")


if __name__ == "__main__":
    harness.main()
