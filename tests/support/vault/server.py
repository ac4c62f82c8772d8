#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A Vault server for tests, in Python's standard library: the parts of the documented API that say how the server is,
tokens with an end, namespaces, metrics, and audit devices. See README.md beside this file.

In a test:          server = VaultServer(); server.start()
As a program:       server.py --directory DIR
"""

import argparse
import http.server
import json
import pathlib
import signal
import socket
import ssl
import sys
import threading
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import audit

# https://developer.hashicorp.com/vault/api-docs/system/health
CODES = {"active": 200, "standby": 429, "dr_secondary": 472, "performance_standby": 473, "cut_off_standby": 474}

METRICS = """# HELP vault_core_unsealed vault_core_unsealed
# TYPE vault_core_unsealed gauge
vault_core_unsealed{{cluster="vault-cluster-test"}} 1
# HELP vault_core_handle_request vault_core_handle_request
# TYPE vault_core_handle_request summary
vault_core_handle_request{{quantile="0.5"}} 0.31
vault_core_handle_request{{quantile="0.99"}} NaN
vault_core_handle_request_sum 12.5
vault_core_handle_request_count {requests}
# HELP vault_token_creation vault_token_creation
# TYPE vault_token_creation counter
vault_token_creation{{auth_method="token",mount_point="auth/token/"}} 3
"""


class Token:
    def __init__(self, *, ttl=0, renewable=False, policies=("default",), namespace="", metrics=True):
        self.ttl = ttl
        self.renewable = renewable
        self.policies = list(policies)
        self.namespace = namespace
        self.metrics = metrics  # its policies allow "read" on sys/metrics
        self.accessor = uuid.uuid4().hex
        self.ends = time.monotonic() + ttl if ttl else None

    def left(self):
        return max(0, round(self.ends - time.monotonic())) if self.ends else 0

    def has_ended(self):
        return self.ends is not None and time.monotonic() >= self.ends


class VaultServer:
    def __init__(self, *, tls=None, client_authority=None, open_metrics=False, address="127.0.0.1"):
        self.address = address
        self.lock = threading.RLock()
        self.tls = tls                            # (certificate, key)
        self.client_authority = client_authority  # clients need a certificate of it
        self.open_metrics = open_metrics          # unauthenticated_metrics_access
        self.initialized = True
        self.sealed = False
        self.role = "active"
        self.version = "1.17.2"
        self.threshold, self.shares, self.progress = 3, 5, 0
        self.leader = "https://vault-0:8200"
        self.active_since = audit.now()
        self.replications = {}  # "dr" or "performance": as sys/replication/status has it
        self.tokens = {}
        self.namespaces = {"", "team"}
        self.devices = []
        self.requests = []  # (method, path, namespace, code)
        self.renewals = 0
        self.stalls = threading.Event()  # while it is set nothing is answered
        self.port = 0
        self.connections = set()

    # ---- life ----

    def start(self):
        """Also again after stop(), on the same port."""
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                with outer.lock:
                    outer.connections.add(self.connection)

            def finish(self):
                with outer.lock:
                    outer.connections.discard(self.connection)
                try:
                    super().finish()
                except OSError:
                    pass

            def log_message(self, *_):
                pass

            def do_GET(self):
                outer.handle(self)

            do_POST = do_PUT = do_GET

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_):
                pass  # a client that goes away

            def get_request(self):
                connection, address = super().get_request()
                if outer.tls:
                    connection = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                    connection.settimeout(20)
                return connection, address

        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.tls)
            if self.client_authority:
                context.load_verify_locations(self.client_authority)
                context.verify_mode = ssl.CERT_REQUIRED
        self.http = Server((self.address, self.port), Handler)
        self.port = self.http.server_address[1]
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()
        return self

    def stop(self):
        """Ends its connections too, as the end of a process does."""
        if self.http:
            self.http.shutdown()
            self.http.server_close()
            self.http = None
            with self.lock:
                for each in list(self.connections):
                    try:
                        each.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass
            self.thread.join(20)

    def restart(self):
        """A server that is sealed with key shares is sealed after it."""
        self.stop()
        self.sealed = True
        self.progress = 0
        self.start()

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://{self.address}:{self.port}"

    # ---- what tests do ----

    def seal(self):
        self.sealed, self.progress = True, 0

    def unseal(self):
        self.sealed, self.progress, self.active_since = False, 0, audit.now()

    def unseal_step(self):
        self.progress += 1
        if self.progress == self.threshold:
            self.unseal()

    def issue(self, text, **more):
        self.tokens[text] = Token(**more)
        return text

    def revoke(self, text):
        del self.tokens[text]

    def use(self, path, *, operation="read", data=None, answer=None, token="", error="", number=None, headers=None,
            mount="kv", display_name="token", response=None, auth=None):
        """A request of a client, as far as audit devices see it: two entries on each."""
        owner = self.tokens.get(token) or Token()
        request = {"id": str(uuid.uuid4()) if number is None else f"request-{number}", "operation": operation,
                   "mount_point": path.split("/")[0] + "/", "mount_type": mount, "mount_class": "secret",
                   "mount_accessor": f"{mount}_1a2b3c4d", "client_token": token,
                   "client_token_accessor": owner.accessor, "namespace": {"id": "root"}, "path": path,
                   "remote_address": "127.0.0.1", "remote_port": 40000, "headers": headers or {}}
        if data is not None:
            request["data"] = data
        who = {"client_token": token, "accessor": owner.accessor, "display_name": display_name,
               "policies": owner.policies, "token_policies": owner.policies, "token_type": "service",
               "entity_id": "8f6d3c1e-entity", "policy_results": {"allowed": not error}, **(auth or {})}
        with self.lock:
            for device in self.devices:
                device.log("request", who, request)
                device.log("response", who, request,
                           {"mount_type": mount, "data": answer or {}, **(response or {})}, error=error)

    # ---- answers ----

    def handle(self, of):
        length = int(of.headers.get("Content-Length", 0))
        body = of.rfile.read(length) if length else b""
        while self.stalls.is_set():
            time.sleep(0.01)
        path = of.path.partition("?")[0].removeprefix("/v1/")
        namespace = of.headers.get("X-Vault-Namespace", "").strip("/")
        token = of.headers.get("X-Vault-Token", "")
        with self.lock:
            code, answer = self.answer(of.command, path, of.path, namespace, token, body)
            self.requests.append((of.command, path, namespace, code))
        kind = "application/json" if isinstance(answer, dict) else "text/plain; version=0.0.4"
        text = json.dumps(answer).encode() if isinstance(answer, dict) else answer.encode()
        try:
            of.send_response(code)
            of.send_header("Content-Type", kind)
            of.send_header("Content-Length", str(len(text)))
            of.end_headers()
            of.wfile.write(text)
        except OSError:
            of.close_connection = True

    def answer(self, method, path, target, namespace, token, body):
        refused = {"errors": ["permission denied"]}
        if namespace not in self.namespaces:
            return 404, {"errors": ["no handler for route"]}
        if path == "sys/health":
            return self.health_code(), self.health()
        if path == "sys/seal-status":
            return 200, {"type": "shamir", "initialized": self.initialized, "sealed": self.is_sealed(),
                         "t": self.threshold, "n": self.shares, "progress": self.progress, "nonce": "n",
                         "version": self.version, "migration": False, "recovery_seal": False, "storage_type": "raft"}
        if self.is_sealed():
            return 503, {"errors": ["Vault is sealed"]}
        if path == "sys/leader":
            return 200, {"ha_enabled": True, "is_self": self.role == "active", "active_time": self.active_since,
                         "leader_address": self.leader, "leader_cluster_address": self.leader.replace("8200", "8201"),
                         "performance_standby": self.role == "performance_standby", "raft_committed_index": 20,
                         "raft_applied_index": 20}
        if path == "sys/replication/status":
            return 200, {"data": {kind: self.replications.get(kind, {"mode": "disabled"})
                                  for kind in ("dr", "performance")}}
        if path == "sys/metrics" and self.open_metrics:
            return self.metrics(target)
        found = self.tokens.get(token)
        if found is None or found.has_ended() or found.namespace != namespace:
            return 403, refused
        if path == "sys/metrics":
            return self.metrics(target) if found.metrics else (403, refused)
        if path == "auth/token/lookup-self" and method == "GET":
            return 200, {"data": {"id": token, "accessor": found.accessor, "ttl": found.left(),
                                  "creation_ttl": found.ttl, "renewable": found.renewable,
                                  "policies": found.policies, "type": "service"}}
        if path == "auth/token/renew-self" and method in ("POST", "PUT"):
            if not found.renewable:
                return 400, {"errors": ["lease is not renewable"]}
            json.loads(body or b"{}")
            found.ends = time.monotonic() + found.ttl
            self.renewals += 1
            return 200, {"auth": {"client_token": token, "accessor": found.accessor, "policies": found.policies,
                                  "lease_duration": found.ttl, "renewable": True}}
        return 404, {"errors": []}

    def metrics(self, target):
        if "format=prometheus" not in target:
            return 200, {"Gauges": []}
        return 200, METRICS.format(requests=len(self.requests))

    def is_sealed(self):
        return self.sealed or not self.initialized

    def health_code(self):
        return 501 if not self.initialized else 503 if self.sealed else CODES[self.role]

    def health(self):
        return {"initialized": self.initialized, "sealed": self.is_sealed(), "standby": self.role != "active",
                "performance_standby": self.role == "performance_standby",
                "replication_performance_mode": self.replications.get("performance", {}).get("mode", "disabled"),
                "replication_dr_mode": self.replications.get("dr", {}).get("mode", "disabled"),
                "server_time_utc": int(time.time()), "version": self.version, "enterprise": False,
                "cluster_name": "vault-cluster-test", "cluster_id": "c9abceea-4f46-4dab-a688-5ce55f89e228"}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--directory", required=True, type=pathlib.Path)
    given = arguments.parse_args()
    given.directory.mkdir(parents=True, exist_ok=True)
    server = VaultServer().start()
    token = server.issue("hvs." + uuid.uuid4().hex, ttl=60, renewable=True)
    (given.directory / "token").write_text(token)
    server.devices.append(audit.File(given.directory / "audit.log"))
    print(f"{server.url}, token and audit log in {given.directory}; each second one request is logged", flush=True)
    while not signal.sigtimedwait([signal.SIGINT, signal.SIGTERM], 1):
        server.use("secret/data/app", data={"password": "an example"}, token=token)
    server.stop()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])
    main()
