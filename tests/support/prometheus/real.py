# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus server on loopback, with its data below the test's directory."""

import json
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request


def why_not():
    return "" if shutil.which("prometheus") else "there is no prometheus (Debian package prometheus)"


def free_port(address="127.0.0.1"):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, where, targets, interval="200ms", address="127.0.0.1"):
        self.dir = where
        self.dir.mkdir(exist_ok=True)
        self.listens = f"{address}:{free_port(address)}"
        self.port = int(self.listens.rpartition(":")[2])
        self.url = f"http://{self.listens}"
        jobs = [{"job_name": name, "static_configs": [{"targets": [address]}]} for name, address in targets.items()]
        # JSON is YAML.
        (self.dir / "prometheus.yml").write_text(json.dumps(
            {"global": {"scrape_interval": interval, "scrape_timeout": interval}, "scrape_configs": jobs}))
        self.process = None

    def start(self):
        with open(self.dir / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={self.dir}/prometheus.yml", f"--storage.tsdb.path={self.dir}/data",
                 f"--web.listen-address={self.listens}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until = time.monotonic() + 30
        while True:
            try:
                with urllib.request.urlopen(self.url + "/-/ready", timeout=5) as answer:
                    if answer.status == 200:
                        return self
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError("prometheus does not start:\n" + (self.dir / "log").read_text()[-3000:])
            time.sleep(0.05)

    def stop(self, number=signal.SIGKILL):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(20)

    def query(self, text, **more):
        form = urllib.parse.urlencode({"query": text} | more)
        path = "query_range" if "start" in more else "query"
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{form}", timeout=10) as answer:
            return json.load(answer)["data"]["result"]
