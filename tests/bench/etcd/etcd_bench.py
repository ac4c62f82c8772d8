#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts that a server takes as fast as it can, followed by the agent with its etcd collector while they happen; then the
same history read by the agent and by `etcdctl watch`. Run as `./dev bench etcd [--quick]`."""

import argparse
import http.client
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time

TREE = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(TREE / "tests" / "support" / each) for each in ("agent", "etcd")]
import etcd_servers
import pages
from usage import processor_seconds

PREFIX = "/registry/bench/"
HISTORY_PUTS = 10  # in each transaction


class Agent:
    def __init__(self, build, work, servers):
        self.socket = work / "run/sonde.sock"
        shelf = work / "plugins"
        shelf.mkdir(mode=0o755, exist_ok=True)
        for source in (build / "lib/sonde/plugins/etcd.so", build / "tests/bench/ebpf/plugins/sink.so"):
            shutil.copy(source, shelf)
        config = work / "sonde.toml"
        config.write_text(f'[host]\nrun_dir = "{work}/run"\n[[collectors]]\ntype = "etcd"\n[collectors.config]\n'
                          f'endpoints = {json.dumps(servers.endpoints)}\nstate_dir = "{work}/state"\n'
                          '[[encoders]]\ntype = "sink"\ndelivery = "lossless"\n')
        self.log = work / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([build / "bin/sonde", "run", "--config", config, "--plugin-dir", shelf],
                                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
        self.pid = self.process.pid

    def get(self, path):
        return pages.get(self.socket, path).text

    def count(self, name):
        return pages.total(self.get("/metrics"), name, {}) or 0

    def until(self, what, patience=300):
        until = time.monotonic() + patience
        while True:
            try:
                if what():
                    return
            except (OSError, ValueError, http.client.HTTPException):
                pass
            if self.process.poll() is not None or time.monotonic() > until:
                raise SystemExit("the agent did not follow:\n" + self.log.read_text()[-2000:])
            time.sleep(0.02)

    def until_following(self):
        self.until(lambda: "watching" in json.loads(self.get("/modules/etcd/check")).get("watch", {}).get("text", ""))

    def until_told(self, puts):
        self.until(lambda: self.count('sonde_etcd_events_total') >= puts)

    def end(self):
        self.process.terminate()
        self.process.wait(30)


def put(build, servers, count, per_txn, flying=256):
    target = servers.endpoints[0].partition("//")[2]
    done = subprocess.run([build / "tests/bench/etcd/etcd_load", target, str(count), str(flying), str(per_txn), PREFIX],
                          capture_output=True, text=True, check=True)
    took, revision = done.stdout.split()
    return float(took), int(revision)


def live(build, work, servers, count, per_txn):
    agent = Agent(build, work, servers)
    try:
        agent.until_following()
        before = processor_seconds(agent.pid)
        took, _ = put(build, servers, count, per_txn, 64 if per_txn > 1 else 1024)
        acknowledged = time.monotonic()
        agent.until_told(count)
        behind = time.monotonic() - acknowledged
        told, lost = agent.count('sonde_etcd_events_total'), agent.count('sonde_etcd_gaps_total')
        print(f"  {count:,} puts, {per_txn} in each transaction: {count / took:,.0f} puts/s taken; sonde told {told:,.0f}, "
              f"gaps {lost:.0f}, the last {behind:.2f} s after its answer, {(processor_seconds(agent.pid) - before) / took:.2f} cores",
              flush=True)
    finally:
        agent.end()


def live_by_etcdctl(build, servers, count):
    """How far behind the server's own tool is: what the server sends late, nobody has earlier."""
    process = subprocess.Popen(["etcdctl", "--endpoints", servers.endpoints[0], "watch", "--prefix", PREFIX],
                               env=os.environ | {"ETCDCTL_API": "3"}, stdout=subprocess.PIPE)
    ended = []

    def read():
        left = count
        while left > 0 and (data := process.stdout.read1(1 << 20)):
            left -= data.count(b"PUT\n")
        ended.append(time.monotonic())
    reader = threading.Thread(target=read)
    reader.start()
    time.sleep(1)  # it does not say when it watches
    took, _ = put(build, servers, count, 1, 1024)
    acknowledged = time.monotonic()
    reader.join(300)
    process.kill()
    process.wait()
    reader.join()
    print(f"  the same beside etcdctl watch: {count / took:,.0f} puts/s taken; the last {ended[0] - acknowledged:.2f} s after "
          "its answer", flush=True)


def read_by_agent(build, work, servers, count):
    begun = time.monotonic()
    agent = Agent(build, work, servers)
    try:
        agent.until_told(count)
        return processor_seconds(agent.pid), time.monotonic() - begun
    finally:
        agent.end()


def read_by_etcdctl(servers, count, revision):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    process = subprocess.Popen(["etcdctl", "--endpoints", servers.endpoints[0], "watch", "--prefix", PREFIX, "--rev",
                                str(revision)], env=os.environ | {"ETCDCTL_API": "3"}, stdout=subprocess.PIPE)
    read = 0
    while read < count:
        data = process.stdout.read(1 << 20) if count - read > 20_000 else process.stdout.read1(1 << 20)
        read += data.count(b"PUT\n")
    wall = time.monotonic() - begun
    process.kill()
    process.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fifth of the puts")
    parser.add_argument("--build", type=pathlib.Path, default=TREE / "build/release")
    options = parser.parse_args()
    if reason := etcd_servers.why_not():
        raise SystemExit(reason)
    count = 40_000 if options.quick else 200_000
    # Beside the build: plugins are not loaded from places that everybody can write to.
    with tempfile.TemporaryDirectory(dir=options.build) as name:
        work = pathlib.Path(name)
        servers = etcd_servers.Cluster(work / "etcd", options=["--quota-backend-bytes", str(6 << 30)])
        try:
            servers.up()
            print("While they happen:", flush=True)
            live(options.build, work, servers, count, 1)
            live_by_etcdctl(options.build, servers, count)
            live(options.build, work, servers, count, 100)
            print(f"{count:,} puts from the history:", flush=True)
            # Not more: what is beyond 2 MiB at once the server cuts into fragments, in the square of their events' number.
            _, revision = put(options.build, servers, count, HISTORY_PUTS)
            used, wall = read_by_agent(options.build, work, servers, count)
            print(f"  sonde, etcd     {count / used:>10,.0f} events/s of a core   {wall:.1f} s, with its start")
            used, wall = read_by_etcdctl(servers, count, revision - count // HISTORY_PUTS + 1)
            print(f"  etcdctl watch   {count / used:>10,.0f} events/s of a core   {wall:.1f} s")
        finally:
            servers.down()


if __name__ == "__main__":
    main()
