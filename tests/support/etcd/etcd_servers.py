# SPDX-License-Identifier: Apache-2.0
"""Real etcd servers on loopback, on ports that are free: one member or several, with TLS and users if wanted."""

import base64
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import time

PATIENCE = 20


def why_not():
    """What keeps servers from running here; nothing if they can."""
    missing = [each for each in ("etcd", "etcdctl", "openssl") if not shutil.which(each)]
    return f"no {' or '.join(missing)}" if missing else ""


def free_port(address="127.0.0.1"):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def authority(where, name="test"):
    """An authority, a certificate of servers on loopback, and one of clients that is called agent."""
    where.mkdir(parents=True, exist_ok=True)

    def run(*words):
        subprocess.run(["openssl", *words], cwd=where, check=True, capture_output=True)
    run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
        f"/CN={name}-authority", "-keyout", "ca.key", "-out", "ca.crt")
    (where / "extensions").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n")
    for each, subject in (("server", "localhost"), ("client", "agent")):
        run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={subject}",
            "-keyout", f"{each}.key", "-out", f"{each}.csr")
        run("x509", "-req", "-in", f"{each}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "extensions", "-out", f"{each}.crt")
    return where


class Cluster:
    def __init__(self, where, members=1, tls=None, needs_certificates=False, options=(), waits_for_disk=False,
                 address="127.0.0.1"):
        self.dir = pathlib.Path(where)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.tls = tls
        self.needs_certificates = needs_certificates
        self.options = list(options)
        self.waits_for_disk = waits_for_disk
        self.scheme = "https" if tls else "http"
        self.address = address  # where clients ask; certificates are those of loopback
        self.ports = [(free_port(address), free_port()) for _ in range(members)]
        self.processes = [None] * members
        self.user = None
        self.token = None

    @property
    def endpoints(self):
        return [f"{self.scheme}://{self.address}:{client}" for client, _ in self.ports]

    def up(self):
        for i in range(len(self.ports)):
            self.start(i)
        self.until_healthy()
        return self

    def start(self, i):
        client, peer = self.ports[i]
        url = f"{self.scheme}://{self.address}:{client}"
        words = ["etcd", "--name", f"m{i}", "--data-dir", str(self.dir / f"m{i}"), "--log-level", "error", "--logger",
                 "zap", "--initial-cluster",
                 ",".join(f"m{j}=http://127.0.0.1:{each}" for j, (_, each) in enumerate(self.ports)),
                 "--listen-client-urls", url, "--advertise-client-urls", url,
                 "--listen-peer-urls", f"http://127.0.0.1:{peer}", "--initial-advertise-peer-urls",
                 f"http://127.0.0.1:{peer}", "--heartbeat-interval", "50", "--election-timeout", "500",
                 "--unsafe-no-fsync", *self.options]
        if self.tls:
            words += ["--cert-file", f"{self.tls}/server.crt", "--key-file", f"{self.tls}/server.key"]
        if self.needs_certificates:
            words += ["--client-cert-auth", "--trusted-ca-file", f"{self.tls}/ca.crt"]
        if self.waits_for_disk or not self.knows_no_fsync():
            words.remove("--unsafe-no-fsync")
        with open(self.dir / f"m{i}.log", "ab") as log:
            self.processes[i] = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    @staticmethod
    def knows_no_fsync():
        """Since 3.5: without it each write waits for the disk."""
        if not hasattr(Cluster, "said"):
            Cluster.said = subprocess.run(["etcd", "--help"], capture_output=True, text=True, check=False).stdout
        return "unsafe-no-fsync" in Cluster.said

    def stop(self, i, number=signal.SIGKILL):
        self.processes[i].send_signal(number)
        self.processes[i].wait(PATIENCE)
        self.processes[i] = None

    def down(self):
        for i, each in enumerate(self.processes):
            if each is not None:
                self.stop(i)

    def until_healthy(self):
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.call("kv/range", {"key": encoded("health")})
                return
            except (OSError, http.client.HTTPException, RuntimeError, ssl.SSLError) as failure:
                if "user name is empty" in str(failure):
                    return
                if time.monotonic() > until:
                    raise AssertionError("etcd does not answer: " + (self.dir / "m0.log").read_text()[-2000:]) from None
                time.sleep(0.05)

    # ---- what tests do with it -------------------------------------------------------------------------------------
    def call(self, path, body, i=None):
        """One request to the JSON gateway of a member that runs."""
        i = next(j for j, each in enumerate(self.processes) if each) if i is None else i
        connection = self.connection(i)
        try:
            return self.ask(connection, path, body)
        finally:
            connection.close()

    def connection(self, i=0):
        port = self.ports[i][0]
        if not self.tls:
            return http.client.HTTPConnection(self.address, port, timeout=10)
        context = ssl.create_default_context(cafile=f"{self.tls}/ca.crt")
        if self.needs_certificates:
            context.load_cert_chain(f"{self.tls}/client.crt", f"{self.tls}/client.key")
        return http.client.HTTPSConnection(self.address, port, timeout=10, context=context)

    def ask(self, connection, path, body):
        headers = {"Authorization": self.token} if self.token else {}
        connection.request("POST", f"/v3/{path}", json.dumps(body), headers)
        answer = json.loads(connection.getresponse().read())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def put(self, key, value="", connection=None, i=None):
        body = {"key": encoded(key), "value": encoded(value)}
        answer = self.ask(connection, "kv/put", body) if connection else self.call("kv/put", body, i)
        return int(answer["header"]["revision"])

    def delete(self, key):
        return int(self.call("kv/deleterange", {"key": encoded(key)})["header"]["revision"])

    def transaction(self, puts):
        """All in one revision."""
        each = [{"request_put": {"key": encoded(key), "value": encoded(value)}} for key, value in puts]
        return int(self.call("kv/txn", {"success": each})["header"]["revision"])

    def compact(self, revision):
        self.call("kv/compaction", {"revision": revision, "physical": True})

    def login(self, user, password):
        self.token = self.call("auth/authenticate", {"name": user, "password": password})["token"]

    def etcdctl(self, *words, endpoints=None):
        more = []
        if self.tls:
            more += ["--cacert", f"{self.tls}/ca.crt"]
        if self.needs_certificates:
            more += ["--cert", f"{self.tls}/client.crt", "--key", f"{self.tls}/client.key"]
        if self.user:
            more += ["--user", self.user]
        running = [each for i, each in enumerate(self.endpoints) if self.processes[i]]
        done = subprocess.run(["etcdctl", "--endpoints", ",".join(endpoints or running), *more, *words],
                              env=os.environ | {"ETCDCTL_API": "3"}, capture_output=True, text=True, timeout=PATIENCE,
                              check=False)
        if done.returncode != 0:
            raise AssertionError(f"etcdctl {' '.join(words)}: {done.stderr}")
        return done.stdout


def encoded(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()
