#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One agent with all collectors that are given secrets or could come across some. Each place of a secret holds a word
of its own, and none of the words is found in anything that leaves the agent or stays behind it."""

import json
import pathlib
import signal
import subprocess
import sys
import unittest

SUPPORT = pathlib.Path(__file__).parent.parent / "support"
sys.path[:0] = [str(SUPPORT / each) for each in ("vault", "prometheus", "etcd")]
import audit
import server as vault_server
import web
import etcd_servers

# The API server's module has the name of Vault's.
sys.path.insert(0, str(SUPPORT / "k8s"))
del sys.modules["server"]
import certificates
import objects
import server as api_server

import harness
from harness import SONDE, sonde, wait_for

FAST = 'retry_first = "50ms"\nretry_limit = "500ms"\n'


class Canaries:
    """Words that are told apart, so that a leak names its place."""

    def __init__(self):
        self.places = []

    def __call__(self, place):
        self.places.append(place)
        return f"canary{len(self.places):03}zq"

    def in_text(self, text):
        return [place for number, place in enumerate(self.places, 1) if f"canary{number:03}zq" in text]


@unittest.skipIf(etcd_servers.why_not(), etcd_servers.why_not())
class Secrets(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("etcd", "prometheus", "vault", "k8s", "process", "encode_jsonl")
        self.canary = Canaries()
        (self.dir / "state").mkdir()
        self.env = {}

    def secret_file(self, place):
        path = self.dir / f"secret{len(self.canary.places)}"
        path.write_text(self.canary(place))
        path.chmod(0o600)
        return path

    # ---- what the agent reads from ----

    def with_etcd(self):
        password = self.secret_file("etcd: password")
        servers = etcd_servers.Cluster(self.dir / "servers")
        self.addCleanup(servers.down)
        servers.up()
        for words in (["user", "add", "root", "--new-user-password=other"], ["user", "grant-role", "root", "root"],
                      ["user", "add", "agent", f"--new-user-password={password.read_text()}"],
                      ["user", "grant-role", "agent", "root"], ["auth", "enable"]):
            servers.etcdctl(*words)
        servers.user = "root:other"
        servers.login("root", "other")
        self.etcd = servers
        return (f'[[collectors]]\ntype = "etcd"\n[collectors.config]\nendpoints = {json.dumps(servers.endpoints)}\n'
                f'user = "agent"\npassword = "file:{password}"\nvalues = true\nprevious_values = true\nbegin = "list"\n'
                'prefixes = ["/registry/", "/app/"]\n'
                f'secret_prefixes = ["/app/keys/"]\nstate_dir = "{self.dir}/state"\n'
                'settle = "100ms"\n')

    def put_etcd(self):
        for number in range(2):
            self.etcd.put("/registry/secrets/shop/db", self.canary(f"etcd: secret {number}"))
            self.etcd.put("/app/keys/one", self.canary(f"etcd: value below a secret prefix {number}"))
        self.etcd.put("/registry/configmaps/shop/plain", "etcd is told")

    def with_prometheus(self):
        password, token = self.secret_file("prometheus: password"), self.secret_file("prometheus: token")
        basic, bearer = password.read_text(), token.read_text()
        wrong = self.secret_file("prometheus: wrong password")
        proxied = self.canary("prometheus: password in the address of a proxy")
        field = self.secret_file("prometheus: header field")
        key = field.read_text()

        def answer(asked):
            given = asked.has_credentials("me", basic) or (asked.headers.get("Authorization") == f"Bearer {bearer}" or
                                                               asked.headers.get("X-API-Key") == key)
            return web.vector(({"job": "shop"}, "1")) if given else (401, {}, f"no {basic} {bearer} {key}".encode())
        serves = web.Web(answer)
        self.addCleanup(serves.stop)

        def instance(name, *lines):
            return "\n".join(['[[collectors]]', 'type = "prometheus"', f'name = "{name}"', "[collectors.config]",
                              f'url = "{serves.url}"', 'queries = { load = "up" }', 'spread_start = false',
                              'query_interval = "200ms"', FAST + "\n".join(lines), ""])
        return (instance("basic", 'username = "me"', f'password = "file:{password}"') +
                instance("bearer", 'bearer_token = "env:TEST_BEARER"') +
                instance("keyed", f'header_files = {{ X-API-Key = "{field}" }}') +
                instance("refused", 'username = "me"', f'password = "file:{wrong}"') +
                instance("proxied", f'proxy = "http://agent:{proxied}@127.0.0.1:9"')), {"TEST_BEARER": bearer}

    def with_vault(self):
        self.vault = vault_server.VaultServer().start()
        self.addCleanup(self.vault.stop)
        token = self.secret_file("vault: token")
        self.vault.issue(token.read_text(), ttl=60, renewable=True)
        self.device = audit.File(self.dir / "audit.log", raw=True)
        self.vault.devices.append(self.device)
        return (f'[[collectors]]\ntype = "vault"\n[collectors.config]\naddress = "{self.vault.url}"\n'
                f'token_file = "{token}"\naudit_files = ["{self.device.path}"]\nstatus_interval = "100ms"\n'
                f'settle = "100ms"\nstate_dir = "{self.dir}/state"\n{FAST}')

    def use_vault(self):
        client = f"hvs.CAESI{self.canary('vault: token of a client')}"
        self.vault.issue(client)
        for number in range(3):
            self.vault.use("secret/data/db", number=number, token=client, operation="update", display_name=client,
                           data={"password": self.canary("vault: data of a request")},
                           answer={"data": {"key": self.canary("vault: data of an answer")}},
                           headers={"authorization": [f"Bearer {self.canary('vault: header')}"]},
                           error=f'converting {{"password":"{self.canary("vault: error")}"}}: * permission denied',
                           auth={"metadata": {"secret": self.canary("vault: metadata")}},
                           response={"wrap_info": {"token": self.canary("vault: wrapping token")},
                                     "secret": {"lease_id": self.canary("vault: lease")}})

    def with_kubernetes(self):
        token = self.secret_file("kubernetes: token")
        api = api_server.ApiServer(self.dir, users={token.read_text(): "agent"})
        api.load([objects.namespace("kube-system"), objects.namespace("shop"), objects.node("node-a")])
        api.start()
        self.addCleanup(api.stop)
        self.api = api
        more = f'start_jitter = "0s"\nrequests_per_second = 1000.0\n{FAST}'
        access = self.dir / "kubeconfig"
        access.write_text(certificates.kubeconfig(api, token.read_text()))
        return (f'[[collectors]]\ntype = "k8s"\n[collectors.config]\nserver = "{api.url}"\ntoken_file = "{token}"\n'
                f'ca_file = "{api.authority.certificate}"\n{more}'
                f'[[collectors]]\ntype = "k8s"\nname = "kubeconfig"\n[collectors.config]\nkubeconfig = "{access}"\n'
                f'kinds = ["configmaps"]\n{more}')

    def apply_kubernetes(self):
        pod = objects.pod("web", "shop")
        pod["spec"]["containers"][0]["env"] = [{"name": "PASSWORD", "value": self.canary("kubernetes: variable")}]
        pod["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration":
                                          json.dumps({"env": self.canary("kubernetes: last applied")})}
        self.api.apply(pod)
        deployment = objects.deployment("web", "shop")
        template = deployment["spec"]["template"]["spec"]["containers"][0]
        template["env"] = [{"name": "PASSWORD", "value": self.canary("kubernetes: variable of a template")}]
        self.api.apply(deployment)
        self.api.apply({"kind": "Secret", "apiVersion": "v1", "metadata": objects.meta("db", "shop", "Secret"),
                        "data": {"password": self.canary("kubernetes: secret")}})
        self.api.apply({"kind": "ConfigMap", "apiVersion": "v1", "metadata": objects.meta("db", "shop", "ConfigMap"),
                        "data": {"db.conf": self.canary("kubernetes: config map")}})

    # ---- what is looked at ----

    def pages(self, agent):
        """Every page that can be asked for without changing anything."""
        names = [each["name"] for each in agent.get("/modules").json["modules"]]
        paths = ["/", "/healthz", "/readyz", "/livez", "/metrics", "/modules", "/debug/stats", "/debug/plugins",
                 "/debug/lanes", "/debug/config", "/debug/threads"]
        for name in names:
            module = agent.get(f"/modules/{name}")
            paths += [f"/modules/{name}", f"/modules/{name}/stats"]
            paths += [each["path"] for each in module.json.get("endpoints", [])]
        return {path: agent.get(path).text for path in paths}

    def told(self, agent, kind):
        return [each for each in agent.lines() if each["content_type"] == f"sonde.v1.{kind}"]

    def test_no_secret_is_found_in_anything_that_leaves_or_stays(self):
        prometheus, env = self.with_prometheus()
        config = (self.with_etcd() + prometheus + self.with_vault() + self.with_kubernetes() +
                  '[[collectors]]\ntype = "process"\n[collectors.config]\nscan_interval = "0s"\n'
                  '[[encoders]]\ntype = "encode_jsonl"\ndelivery = "lossless"\n')
        agent = self.agent(config, host='log_level = "debug"\n', env=env).ready()
        tapped, recorded = self.dir / "tap.jsonl", self.dir / "tap.batches"
        taps = []
        for arguments, out in ((["--json"], tapped), (["--record", recorded], self.dir / "record.out")):
            with open(out, "wb") as to:
                taps.append(subprocess.Popen(
                    [SONDE, "tap", "--socket", agent.socket, "--snapshot", *map(str, arguments)], stdout=to,
                    stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, env=harness.environment()))
            self.addCleanup(lambda process=taps[-1]: (process.kill(), process.wait()))
        wait_for("the taps", lambda: tapped.stat().st_size > 0 and recorded.exists() and recorded.stat().st_size > 0)
        wait_for("the kinds", lambda: agent.get("/modules/k8s/check").json.get("synced"))
        self.put_etcd()
        self.use_vault()
        self.apply_kubernetes()
        with subprocess.Popen(["/bin/true"], env={"PASSWORD": self.canary("process: environment")}) as child:
            self.assertEqual(child.wait(harness.PATIENCE), 0)

        wait_for(lambda: f"the last key: {agent.log()[-2000:]}", lambda: any(
            each["payload"].get("key") == "/registry/configmaps/shop/plain" for each in self.told(agent, "EtcdEvent")))
        wait_for("an exec", lambda: any(each.get("pid") == child.pid for each in self.told(agent, "ProcessEvent")))
        wait_for("all entries of the audit log", lambda: len(self.told(agent, "VaultAuditEvent")) == 6)
        wait_for("the pod, the deployment and the map", lambda: {"Pod", "Deployment", "ConfigMap"} <= {
            each["payload"]["kind"] for each in self.told(agent, "KubernetesObject")})
        wait_for("answers with each kind of credentials", lambda: {"basic", "bearer", "keyed"} <= {
            each["instance"] for each in agent.lines() if each["topic"].startswith("raw/prometheus/query")})
        wait_for("a refusal", lambda: agent.get("/modules/refused/check").json.get("ok") is False)
        wait_for("a proxy that is not there", lambda: agent.get("/modules/proxied/check").json.get("ok") is False)
        wait_for("saved positions", lambda: len(list((self.dir / "state").iterdir())) >= 2)
        texts = self.pages(agent)
        for what in (["status", "--json"], ["status"]):
            texts[" ".join(what)] = sonde(*what, "--socket", agent.socket).stdout
        self.assertEqual(agent.stop(), 0)
        for tap in taps:
            tap.send_signal(signal.SIGINT)
            tap.wait(harness.PATIENCE)
        texts |= {"lines": agent.out.read_text(), "log": agent.log(), "tap": tapped.read_text()}
        texts["recording"] = recorded.read_bytes().decode(errors="replace")
        for each in (self.dir / "state").iterdir():
            texts[f"positions {each.name}"] = each.read_bytes().decode(errors="replace")
        # What is told has arrived where is looked for what is not.
        for where in ("lines", "tap", "recording"):
            self.assertIn("/registry/configmaps/shop/plain", texts[where], where)
        self.assertIn("http://***@127.0.0.1:9", texts["/debug/config"])
        self.assertEqual({where: found for where, text in texts.items() if (found := self.canary.in_text(text))}, {})

    def test_no_secret_is_repeated_by_who_refuses_it(self):
        word = self.canary("configuration")
        address = f"http://me:{word}@127.0.0.1:9"
        said = ""
        for lines in ('type = "prometheus"\n[collectors.config]\nurl = "{0}"\nqueries = {{ load = "up" }}',
                      'type = "prometheus"\n[collectors.config]\ntargets = {{ node = "{0}" }}',
                      'type = "vault"\n[collectors.config]\naddress = "{0}"',
                      'type = "etcd"\n[collectors.config]\nendpoints = ["{0}"]',
                      'type = "prometheus"\n[collectors.config]\nurl = "http://h"\nqueries = {{ load = "up" }}\n'
                      'headers = {{ X-API-Key = "{1}" }}',
                      'type = "vault"\n[collectors.config]\ntoken = "{1}"'):
            path = self.dir / "refused.toml"
            path.write_text("[[collectors]]\n" + lines.format(address, word) + "\n")
            done = sonde("check-config", "--config", path, "--plugin-dir", self.shelf)
            if done.returncode == 0:  # refused only by the plugin itself
                agent = self.agent(path.read_text())
                wait_for(lambda: f"a refusal of {lines}: {agent.log()}", lambda: " to=failed " in agent.log())
                agent.stop()
                said += agent.log() + agent.out.read_text()
            said += done.stdout + done.stderr
        self.assertEqual(self.canary.in_text(said), [])
        self.assertTrue(said)


if __name__ == "__main__":
    harness.main()
