#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How old events are when an encoder gets them: from the kernel's time stamp through the ebpf collector and
enrich_context with default settings, at a given rate of sends over TCP. Needs root."""

import argparse
import http.client
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import threading
import time

BUILD = pathlib.Path(os.environ.get("SONDE_BUILD", "build/release")).absolute()
CONFIG = """[host]
run_dir = "{work}"
[[collectors]]
type = "ebpf"
[collectors.config]
tcp_sends = true
[[enrichers]]
type = "enrich_context"
[[encoders]]
type = "latency_sink"
"""


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(work, path):
    connection = UnixConnection(f"{work}/sonde.sock")
    connection.request("GET", path)
    return json.loads(connection.getresponse().read())


def is_answered(work, path):
    try:
        return bool(ask(work, path))
    except (OSError, ValueError):
        return False


def send(rate, seconds):
    """Sends `rate` times a second, a millisecond's worth at a time; the number of sends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        one = socket.create_connection(listener.getsockname())
        other = listener.accept()[0]
    threading.Thread(target=lambda: [None for _ in iter(lambda: other.recv(65536), b"")], daemon=True).start()
    began = time.monotonic()
    sent = 0
    with one:
        while (passed := time.monotonic() - began) < seconds:
            while sent < passed * rate:
                one.send(b"x")
                sent += 1
            time.sleep(0.001)
    return sent


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rate", type=int, default=10_000)
    arguments.add_argument("--seconds", type=int, default=10)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="sonde-bench-") as work:
        config = pathlib.Path(work) / "sonde.toml"
        config.write_text(CONFIG.format(work=work))
        plugins = [BUILD / "lib/sonde/plugins", BUILD / "tests/bench/context/plugins"]
        with open(f"{work}/log", "wb") as log, subprocess.Popen(
                [BUILD / "bin/sonde", "run", "--config", config, *(w for p in plugins for w in ("--plugin-dir", p))],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log) as agent:
            try:
                until = time.monotonic() + 20
                while not is_answered(work, "/modules/latency_sink/latency"):
                    if time.monotonic() > until or agent.poll() is not None:
                        raise SystemExit("the agent does not run:\n" + pathlib.Path(work, "log").read_text())
                    time.sleep(0.05)
                time.sleep(3)  # programs are loaded, the first snapshot is told
                ask(work, "/modules/latency_sink/latency")
                sent = send(chosen.rate, chosen.seconds)
                time.sleep(0.5)
                ages = ask(work, "/modules/latency_sink/latency")
                check = ask(work, "/modules/enrich_context/check")
            finally:
                agent.terminate()
    print(f"sends {sent} in {chosen.seconds} s; events at the encoder {ages['events']}")
    print("age in us:", ", ".join(f"{name} {ages[name]}" for name in ("p50", "p90", "p99", "p999")))
    print("released after waiting:", check["released"], "dropped:", check["dropped"])


if __name__ == "__main__":
    main()
