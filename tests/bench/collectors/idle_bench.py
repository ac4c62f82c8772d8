#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an agent costs that watches quiet systems: cni, systemd, etcd, prometheus and vault, each beside a server of its
own in which nothing happens, with default options. Needs root."""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

SUPPORT = pathlib.Path(__file__).resolve().parent.parent.parent / "support"
sys.path[:0] = [str(SUPPORT / each) for each in ("agent", "etcd", "prometheus", "systemd", "vault")]
import etcd_servers
import machine
import real
import server
from usage import kibibytes

BUILD = pathlib.Path(os.environ.get("SONDE_BUILD", "build/release")).absolute()
CONFIG = """[host]
run_dir = "{work}/run"
[[collectors]]
type = "cni"
[collectors.config]
log_paths = ["{work}/cni.log"]
config_dir = "{work}"
state_dir = "{work}"
[[collectors]]
type = "etcd"
[collectors.config]
endpoints = ["{etcd}"]
state_dir = "{work}"
[[collectors]]
type = "prometheus"
[collectors.config]
url = "{prometheus}"
queries = {{ up = "up" }}
[[collectors]]
type = "vault"
[collectors.config]
address = "{vault}"
state_dir = "{work}"
[[collectors]]
type = "systemd"
[collectors.config]
bus_address = "{bus}"
journal_directory = "{journal}"
state_dir = "{work}"
[[encoders]]
type = "encode_jsonl"
"""


def cpu(pid):
    """Seconds of processor time of all threads, as the scheduler counts them: its ticks would be too coarse."""
    return sum(int((each / "schedstat").read_text().split()[0]) for each in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


def measure(config, work, seconds):
    (work / "sonde.toml").write_text(config)
    with open(work / "log", "wb") as log, subprocess.Popen(
            [BUILD / "bin/sonde", "run", "--config", work / "sonde.toml", "--plugin-dir", BUILD / "lib/sonde/plugins"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log) as agent:
        time.sleep(10)  # everything is found and told
        before = cpu(agent.pid)
        time.sleep(seconds)
        used = cpu(agent.pid) - before
        print(subprocess.run([BUILD / "bin/sonde", "status", "--socket", work / "run/sonde.sock"], capture_output=True,
                             text=True).stdout, end="")
        print(f"five collectors beside quiet servers: {used / seconds * 100:.2f} % of a core over {seconds} s, "
              f"RSS {kibibytes(agent.pid, 'VmRSS') / 1024:.1f} MiB")
        agent.terminate()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    seconds = parser.parse_args().seconds
    for why in (etcd_servers.why_not(), real.why_not(), machine.why_not()):
        if why:
            sys.exit(f"not measured: {why}")
    # Not in /tmp: a second systemd empties that.
    with tempfile.TemporaryDirectory(dir=BUILD) as directory:
        work = pathlib.Path(directory)
        (work / "cni.log").touch()
        etcd, metrics = etcd_servers.Cluster(work / "etcd"), real.Server(work / "prometheus", {}, interval="15s")
        vault, systemd = server.VaultServer(open_metrics=True), machine.Machine(work / "machine")
        try:
            etcd.up()
            metrics.start()
            vault.start()
            systemd.up()
            measure(CONFIG.format(work=work, etcd=etcd.endpoints[0], prometheus=metrics.url, vault=vault.url,
                                  bus=systemd.bus, journal=systemd.journal), work, seconds)
        finally:
            for each in (systemd.down, vault.stop, metrics.stop, etcd.down):
                each()


if __name__ == "__main__":
    main()
