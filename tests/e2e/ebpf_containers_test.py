#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the ebpf collector tells of real containers: their processes, and connections from and to them."""

import json
import subprocess
import threading
import socket
import unittest

import containers
import harness
from containers import Container, missing, run, until_listening
from harness import JSONL, wait_for

EBPF = '[[collectors]]\ntype = "ebpf"\n[collectors.config]\nconnection_interval = "1s"\nring_size = "32MiB"\n'
PORT = 20080  # in network namespaces of these tests only
SERVICE = "10.96.7.7"
NGINX = """daemon off; pid /tmp/nginx.pid; error_log stderr; user root; worker_processes 1;
events {{}} http {{ access_log off; client_body_temp_path /tmp/b; proxy_temp_path /tmp/p; fastcgi_temp_path /tmp/f;
uwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s; server {{ listen {port}; limit_rate 400; location / {{ return 200 "{body}"; }} }} }}
"""


@unittest.skipIf(containers.obstacle(), containers.obstacle())
class Containers(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("ebpf", "encode_jsonl")

    def observing(self, options=""):
        agent = self.agent(EBPF + options + JSONL).ready()
        hooks = wait_for("the kernel programs", lambda: self.hooks(agent))
        absent = [name for name in ("tcp_states", "process.exec", "udp_sent") if hooks.get(name) == "none"]
        if absent:
            self.skipTest(f"this kernel does not serve {absent}: {agent.instance('ebpf')['text']}")
        return agent

    @staticmethod
    def hooks(agent):
        answer = agent.get("/modules/ebpf/features")
        found = answer.json.get("hooks", []) if answer.status == 200 else []
        return {each["hook"]: each["attached_as"] for each in found}

    @staticmethod
    def told(agent, topic):
        return [each for each in agent.lines() if each["topic"] == topic]

    def execs(self, agent, keep=lambda _: True):
        return [each for each in self.told(agent, "raw/ebpf/process/") if each["payload"]["kind"] == "exec" and keep(each)]

    def ends(self, agent, port, kinds=("closed",)):
        """Connections with that port at one end, the newest word of each."""
        found = {}
        for each in self.told(agent, "raw/ebpf/connection/"):
            of = each["payload"]["connection"]
            if each["payload"]["kind"] in kinds and port in (of.get("local_port"), of.get("peer_port")):
                found[of["socket_cookie"], of.get("peer_address"), of.get("peer_port")] = of
        return list(found.values())

    def execs_in(self, agent, container):
        """runc itself execs in the container's cgroup, but not in its pid namespace."""
        return self.execs(agent, lambda each: each.get("container_id") == container.id and
                          each["payload"]["process"].get("is_container"))

    def expect_execs_of(self, container, told, first):
        self.assertEqual([each["payload"]["process"]["name"] for each in told], ["sh", "true", "true", "sleep"])
        for each in told:
            process = each["payload"]["process"]
            self.assertEqual(each["container_id"], container.id)
            self.assertEqual(process["container_id"], container.id)
            self.assertTrue(process["cgroup_path"].endswith(container.cgroup), process["cgroup_path"])
            self.assertTrue(process["is_container"])
            self.assertEqual(process["pid_namespace_level"], 1)
        # All but the first are children of the shell. Threads of runc had pids of the container's own namespace before.
        inner = [each["payload"]["process"]["namespace_pid"] for each in told]
        self.assertEqual((inner[0], inner), (1, sorted(set(inner))))
        self.assertEqual(told[0]["pid"], first)
        self.assertEqual({each["payload"]["process"]["parent_pid"] for each in told[1:]}, {first})
        self.assertEqual(len({each["payload"]["process"]["pid_namespace"] for each in told}), 1)

    SCRIPT = ("/bin/sh", "-c", "/bin/true; /bin/true; /bin/sleep 0.2; exit 3")

    def test_processes_of_a_container_are_told_with_their_container(self):
        agent = self.observing()
        container = Container(self, self.SCRIPT).start()
        self.assertEqual(container.wait(), 3)
        run("/bin/true")

        def told():
            found = self.execs_in(agent, container)
            return found if len(found) >= 4 else None
        self.expect_execs_of(container, wait_for("the execs", told), container.pid)
        ended = wait_for("the end", lambda: [each for each in self.told(agent, "raw/ebpf/process/")
                                             if each["payload"]["kind"] == "exit" and each["pid"] == container.pid])
        self.assertEqual(ended[0]["payload"]["exit_code"], 3)
        outside = wait_for("the exec outside", lambda: self.execs(
            agent, lambda each: each["payload"]["process"]["name"] == "true" and "container_id" not in each))
        self.assertNotIn("is_container", outside[0]["payload"]["process"])

    def test_only_the_containers_processes_are_told_when_asked_for(self):
        agent = self.observing("containers_only = true\n")
        pids = []
        for _ in range(10):
            with subprocess.Popen("/bin/true") as outside:
                pids.append(outside.pid)
        container = Container(self, self.SCRIPT).start()
        self.assertEqual(container.wait(), 3)
        marker = Container(self, ["/bin/true"]).start()
        marker.wait()
        wait_for("the last exec", lambda: self.execs(agent, lambda each: each.get("container_id") == marker.id))
        self.expect_execs_of(container, self.execs_in(agent, container), container.pid)
        self.assertEqual([each for each in self.execs(agent) if each["pid"] in pids], [])

    def test_a_container_behind_translated_addresses_and_its_client(self):
        if reason := missing("nginx", "curl", "nft"):
            self.skipTest(reason)
        outside, inside = containers.joined(self, "10.88.7.1", "10.88.7.2")
        nat = (f"add table ip s; add chain ip s out {{ type nat hook output priority -100; }}; "
               f"add rule ip s out ip daddr {SERVICE} tcp dport 80 dnat to {inside.address}:{PORT}")
        tried = subprocess.run(outside.inside("nft", nat), capture_output=True, text=True, check=False)
        if tried.returncode:
            self.skipTest(f"nft cannot translate addresses here: {tried.stderr.strip()}")
        run("ip", "-n", outside.name, "route", "add", "10.96.0.0/16", "via", inside.address)
        agent = self.observing()
        # The answer takes longer than an interval: a namespace is listened to once a connection of it has been seen.
        server = Container(self, ["nginx", "-c", "/tmp/nginx.conf"], network=inside,
                           files={"/tmp/nginx.conf": NGINX.format(port=PORT, body="x" * 1000)}).start()
        until_listening(inside, PORT)
        client = Container(self, ["curl", "-sS", f"http://{SERVICE}/"], network=outside).start()
        client_pid = client.pid
        worker = int(run("pgrep", "-P", str(server.pid)).split()[0])
        self.assertEqual(client.wait(), 0, client.said())
        self.assertIn("x" * 1000, client.said())
        ends = wait_for("both ends", lambda: len(found := self.ends(agent, PORT) + self.ends(agent, 80)) >= 2 and found)
        ends = [each for each in ends if each["network_namespace"] in (outside.inode, inside.inode)]
        self.assertEqual(len(ends), 2, ends)
        near = next(each for each in ends if each["role"] == "client")
        far = next(each for each in ends if each["role"] == "server")
        self.assertEqual((near["pid"], near["container_id"], near["network_namespace"]),
                         (client_pid, client.id, outside.inode))
        self.assertEqual((far["pid"], far["container_id"], far["network_namespace"]), (worker, server.id, inside.inode))
        # Dialled, and where it really went.
        self.assertEqual((near["peer_address"], near["peer_port"]), (SERVICE, 80))
        self.assertEqual((near["translation"]["reply_source_address"], near["translation"]["reply_source_port"]),
                         (inside.address, PORT))
        self.assertEqual((far["local_address"], far["local_port"], far["peer_address"], far["peer_port"]),
                         (inside.address, PORT, outside.address, near["local_port"]))
        self.assertGreater(near["total"]["received_bytes"], 1000)
        self.assertEqual(near["total"]["received_bytes"], far["total"]["sent_bytes"])
        self.assertEqual(near["total"]["sent_bytes"], far["total"]["received_bytes"])
        for one, other in ((near, far), (far, near)):
            self.assertTrue(one["intra_host"])
            self.assertEqual([one["peer"][key] for key in ("pid", "container_id", "network_namespace")],
                             [other[key] for key in ("pid", "container_id", "network_namespace")])

    def test_a_container_that_ends_at_once_keeps_its_name(self):
        agent = self.observing()
        with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
            port = listener.getsockname()[1]

            def serve():
                while True:
                    try:
                        with listener.accept()[0] as one:
                            one.recv(10)
                    except OSError:
                        return
            threading.Thread(target=serve, daemon=True).start()
            brief = []
            for _ in range(5):
                brief.append(Container(self, ["bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}; printf 123 >&3"]).start())
                self.assertEqual(brief[-1].wait(), 0, brief[-1].said())

            def told():
                found = [each for each in self.ends(agent, port) if each["role"] == "client"]
                return found if len(found) >= len(brief) else None
            ends = wait_for("the connections", told)
            listener.shutdown(socket.SHUT_RDWR)
        self.assertEqual(sorted((each["pid"], each.get("container_id", "")) for each in ends),
                         sorted((each.pid, each.id) for each in brief))
        self.assertEqual({each["total"]["sent_bytes"] for each in ends}, {3})

    def test_names_are_asked_for_and_answered_by_containers(self):
        if reason := missing("dnsmasq", "dig"):
            self.skipTest(reason)
        near, far = containers.joined(self, "10.88.8.1", "10.88.8.2")
        agent = self.observing()
        server = Container(self, ["dnsmasq", "-k", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--user=root", "--group=root",
                                  "--pid-file=", "--address=/web.test/10.1.2.3"], network=far).start()
        until_listening(far, 53, "u")
        resolver = {"/etc/resolv.conf": f"nameserver {far.address}\n", "/etc/nsswitch.conf": "hosts: dns\n"}
        asks = [Container(self, ["dig", "+tries=1", *more, "web.test"], network=near, files=resolver).start()
                for more in (["+notcp"], ["+tcp"])]
        asks.append(Container(self, ["/usr/bin/python3", "-c", "import socket; print(socket.getaddrinfo('web.test', 80))"],
                              network=near, files=resolver).start())
        for each in asks:
            self.assertEqual(each.wait(), 0, each.said())
            self.assertIn("10.1.2.3", each.said())

        def told():
            ends = self.ends(agent, 53, ("snapshot", "closed"))
            mine = [(each.get("container_id"), each["transport"], each["role"]) for each in ends]
            wanted = {(asks[0].id, "udp", "client"), (asks[1].id, "tcp", "client"), (asks[2].id, "udp", "client"),
                      (server.id, "udp", "server"), (server.id, "tcp", "server")}
            return wanted <= set(mine) and [each for each in ends if each.get("container_id")]
        for end in wait_for(lambda: f"flows of containers among {json.dumps(self.ends(agent, 53, ('snapshot', 'closed')))}",
                            told):
            is_server = end["role"] == "server"
            self.assertEqual(end["network_namespace"], far.inode if is_server else near.inode, end)
            if end["transport"] == "udp" and not is_server:
                self.assertIn(end["pid"], [each.pid for each in asks])
        def questions_of_both_transports():
            mine = [each["payload"] for each in self.told(agent, "raw/ebpf/dns/")
                    if each["payload"]["question_name"] == "web.test"]
            return {each["transport"] for each in mine} == {"udp", "tcp"} and mine
        questions = wait_for("the questions", questions_of_both_transports)
        self.assertEqual({each["network_namespace"] for each in questions}, {near.inode}, questions)


if __name__ == "__main__":
    harness.main()
