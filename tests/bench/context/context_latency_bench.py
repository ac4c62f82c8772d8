#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How old events are when an encoder gets them: from the kernel's time stamp through the ebpf collector and
enrich_context with default settings, at a given rate of signals. The collector looks at its buffer every poll_interval,
which is most of the age; `--poll-interval` tells apart what the rest adds. Needs root."""

import argparse
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support" / "agent"))
import pages

BUILD = pathlib.Path(os.environ.get("SONDE_BUILD", "build/release")).absolute()
CONFIG = """[host]
run_dir = "{work}"
[[collectors]]
type = "ebpf"
[collectors.config]
signals = true
poll_interval = "{poll}"
[[enrichers]]
type = "enrich_context"
[[encoders]]
type = "latency_sink"
name = "raw"
topics = ["raw/ebpf/signal/"]
[[encoders]]
type = "latency_sink"
name = "unified"
topics = ["event/process/"]
"""


def ask(work, path):
    return pages.get(f"{work}/sonde.sock", path).json


def is_answered(work, path):
    try:
        return bool(ask(work, path))
    except (OSError, ValueError):
        return False


def send(rate, seconds):
    """Sends itself a signal that is ignored, `rate` times a second, a millisecond's worth at a time."""
    signal.signal(signal.SIGURG, signal.SIG_IGN)
    began = time.monotonic()
    sent = 0
    while (passed := time.monotonic() - began) < seconds:
        while sent < passed * rate:
            os.kill(os.getpid(), signal.SIGURG)
            sent += 1
        time.sleep(0.001)
    return sent


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rate", type=int, default=10_000)
    arguments.add_argument("--seconds", type=int, default=10)
    arguments.add_argument("--poll-interval", default="20ms")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="sonde-bench-") as work:
        config = pathlib.Path(work) / "sonde.toml"
        config.write_text(CONFIG.format(work=work, poll=chosen.poll_interval))
        plugins = [BUILD / "lib/sonde/plugins", BUILD / "tests/bench/context/plugins"]
        with open(f"{work}/log", "wb") as log, subprocess.Popen(
                [BUILD / "bin/sonde", "run", "--config", config, *(w for p in plugins for w in ("--plugin-dir", p))],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log) as agent:
            try:
                until = time.monotonic() + 20
                while not is_answered(work, "/modules/unified/latency"):
                    if time.monotonic() > until or agent.poll() is not None:
                        raise SystemExit("the agent does not run:\n" + pathlib.Path(work, "log").read_text())
                    time.sleep(0.05)
                time.sleep(3)  # programs are loaded, the first snapshot is told
                for name in ("raw", "unified"):
                    ask(work, f"/modules/{name}/latency")
                sent = send(chosen.rate, chosen.seconds)
                time.sleep(0.5)
                found = {name: ask(work, f"/modules/{name}/latency") for name in ("raw", "unified")}
                check = ask(work, "/modules/enrich_context/check")
                hooks = ask(work, "/modules/ebpf/features")["hooks"]
            finally:
                agent.terminate()
    print(f"signals {sent} in {chosen.seconds} s")
    for name, ages in found.items():
        shown = ", ".join(f"{each} {ages[each]}" for each in ("p50", "p90", "p99", "p999"))
        print(f"{name:8} events {ages['events']:8}  age in us: {shown}")
    print("hooks not attached:", [each["hook"] for each in hooks if not each["program"]])
    print("released after waiting:", check["released"], "dropped:", check["dropped"])


if __name__ == "__main__":
    main()
