#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the ebpf collector costs the work that it observes, beside other observers, in one run. Each kind of work is done
in turns without and with each observer, several rounds, so that a machine that changes its speed changes it for all;
the median of the ratios is printed. Needs root. libbpf-tools (tcplife, tcpconnect) are taken along if installed."""

import argparse
import contextlib
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support" / "agent"))
import pages
import usage

BUILD = pathlib.Path(os.environ.get("SONDE_BUILD", "build/release")).absolute()
LOAD = BUILD / "tests/bench/ebpf/ebpf_load"
FLOOR = BUILD / "tests/bench/ebpf/ebpf_floor"
SINK = BUILD / "tests/bench/ebpf/plugins"
CONFIG = """[host]
run_dir = "{work}"
[[collectors]]
type = "ebpf"
[collectors.config]
connection_interval = "1s"
{more}
[[encoders]]
type = "{encoder}"
"""


class Agent:
    """A running agent with the collector; `cpu` are seconds."""

    def __init__(self, work, more, encoder):
        self.work = pathlib.Path(work)
        config = self.work / "sonde.toml"
        config.write_text(CONFIG.format(work=work, more=more, encoder=encoder))
        self.log = open(self.work / "log", "wb")
        self.process = subprocess.Popen([BUILD / "bin/sonde", "run", "--config", config, "--plugin-dir",
                                         BUILD / "lib/sonde/plugins", "--plugin-dir", SINK], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=self.log)
        until = time.monotonic() + 20
        while '"attached_as":"tp_btf"' not in self.ask("/modules/ebpf/features"):
            if time.monotonic() > until or self.process.poll() is not None:
                raise SystemExit("the agent does not run:\n" + (self.work / "log").read_text())
            time.sleep(0.05)
        time.sleep(1)

    def ask(self, path):
        """The body; empty if the agent does not answer."""
        try:
            return pages.get(self.work / "sonde.sock", path).text
        except OSError:
            return ""

    def metric(self, name, **labels):
        return pages.total(self.ask("/metrics"), name, labels) or 0

    def cpu(self):
        return usage.processor_seconds(self.process.pid)

    def rss(self):
        return usage.kibibytes(self.process.pid, "VmRSS") / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


@contextlib.contextmanager
def agent(more="", encoder="encode_jsonl"):
    # Not in /tmp: the run directory has to be ours alone.
    with tempfile.TemporaryDirectory(dir=BUILD) as work:
        running = Agent(work, more, encoder)
        try:
            yield running
        finally:
            running.stop()


@contextlib.contextmanager
def tool(name):
    process = subprocess.Popen([name], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    time.sleep(2)
    if process.poll() is not None:
        raise OSError(process.stderr.read().decode().strip().splitlines()[-1])
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def floor():
    """Programs that do nothing, at the hooks where the collector has some that run for each connection."""
    process = subprocess.Popen([FLOOR], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout.readline() != "ready\n":
            raise OSError("programs that do nothing could not be attached")
        yield
    finally:
        process.stdin.close()
        process.wait(10)


def load(*words, pin=False):
    # On one processor, where it is pinned, both ends take turns: spread over two, how they wake each other decides.
    pinned = ["taskset", "-c", str(max(os.sched_getaffinity(0)))] if pin else []
    return float(subprocess.run([*pinned, LOAD, *map(str, words)], capture_output=True, text=True, check=True,
                                timeout=120).stdout)


def chance(seen, control, draws=20_000):
    """How often ratios as far from the control's as these come if nothing but noise tells them apart: Wilcoxon's rank-sum
    test, two-sided, over so many random ways to choose as many of all ratios."""
    ranks = {value: rank for rank, value in enumerate(sorted(seen + control))}
    middle = len(seen) * (len(ranks) - 1) / 2
    distance = abs(sum(ranks[each] for each in seen) - middle)
    choose = random.Random(1)
    return sum(abs(sum(choose.sample(range(len(ranks)), len(seen))) - middle) >= distance for _ in range(draws)) / draws


def compare(title, words, observers, rounds, pin=False):
    """Each run under an observer is set against the mean of the bare runs before and after it. So is, as a control, each
    bare run: what it "loses" is the noise of this machine."""
    bare = [load(*words, pin=pin)]
    ratios = {"nothing": []}  # told of first
    refused = {}
    for _ in range(rounds):
        for name, begin in observers.items():
            if name in refused:
                continue
            try:
                with begin():
                    seen = load(*words, pin=pin)
            except OSError as error:
                refused[name] = error
                continue
            bare.append(load(*words, pin=pin))
            ratios.setdefault(name, []).append(seen / statistics.mean(bare[-2:]))
    ratios["nothing"] = [here / statistics.mean([before, after]) for before, here, after in zip(bare, bare[1:], bare[2:])]
    print(f"{title}: nothing attached {statistics.median(bare):.0f} a second")
    for name, seen in ratios.items():
        if seen:
            ratio = statistics.median(seen)
            by_chance = "" if seen is ratios["nothing"] else f"; by chance in {chance(seen, ratios['nothing']) * 100:.0f} %"
            print(f"    {name:12} {ratio:.3f} of that ({min(seen):.3f} to {max(seen):.3f}), {(1 - ratio) * 100:.1f} % lost"
                  + by_chance)
    for name, error in refused.items():
        print(f"    {name:12} not measured: {error}")
    sys.stdout.flush()


def kernel_time(connections):
    with agent("program_statistics = true") as running:
        before = {}
        for program in ("tcp_state", "udp_sent", "udp_received", "process_exec", "process_fork", "process_exit_group"):
            before[program] = running.metric("sonde_ebpf_program_time_seconds", program=program) * 1e9
        load("churn", connections)
        time.sleep(2)
        total = 0.0
        print(f"kernel time per connection, both ends together, {connections} connections:")
        for program in before:
            spent = (running.metric("sonde_ebpf_program_time_seconds", program=program) * 1e9 - before[program]) / connections
            total += spent
            if spent > 0.5:
                print(f"    {program:20} {spent:7.0f} ns")
        print(f"    {'all':20} {total:7.0f} ns")


def paced(seconds, rate):
    with agent() as running:
        before = running.cpu()
        achieved = load("paced", seconds * rate, rate)
        time.sleep(1.2)
        used = running.cpu() - before
        print(f"CPU of the whole agent at {achieved:.0f} connections a second, both ends, JSON lines written: "
              f"{used / (seconds + 1.2) * 100:.1f} % of one core")
        told = json.loads(running.ask("/modules/ebpf/check"))["events"]["connection"]
        print(f"    told {told['told']} ends, lost {sum(told['lost'].values())}")


def many_open(connections):
    with agent() as running:
        print(f"RSS of the agent: {running.rss():.1f} MiB at rest")
        holder = subprocess.Popen([LOAD, "open", str(connections)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            if holder.stdout.readline().strip() != "ready":
                print("    many open connections not measured: they could not be opened")
                return
            time.sleep(3)
            durations = []
            for _ in range(5):
                time.sleep(1)
                durations.append(running.metric("sonde_ebpf_walk_duration_seconds"))
            walked = running.metric("sonde_ebpf_walk_records")
            tracked = running.metric("sonde_ebpf_connections_tracked")
            print(f"walk over {walked:.0f} open ends: {statistics.median(durations) * 1e3:.1f} ms; "
                  f"RSS {running.rss():.1f} MiB with {tracked:.0f} of them tracked")
        finally:
            holder.stdin.close()
            holder.kill()
            holder.wait(20)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, for a look")
    parser.add_argument("--only", choices=["churn", "streams", "exec", "kernel", "paced", "open"], help="one part")
    options = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("ebpf_bench needs root: kernel programs are loaded")
    share = 10 if options.quick else 1
    rounds = 1 if options.quick else options.rounds
    tools = {name: (lambda path=path: tool(path)) for name in ("tcplife", "tcpconnect")
             if (path := shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin"))}
    # The collector, whose envelopes somebody takes; and the whole agent, which also writes each as a line of JSON.
    ours = {"collector": lambda: agent(encoder="sink"), "agent": agent}
    if options.only in (None, "churn"):
        empty = {"empty": floor}
        compare("connect, exchange a byte, close", ("churn", 30000 // share), empty | ours | tools, rounds)
        compare("the same, an end on each processor", ("churn", 30000 // share, "apart"), empty | ours, rounds)
        compare("the same, both ends on one processor", ("churn", 30000 // share), empty | ours, rounds, pin=True)
    if options.only in (None, "streams"):
        compare("request and response on an open connection", ("request", 200000 // share), ours, rounds, pin=True)
        compare("the same, an end on each processor", ("request", 60000 // share, "apart"), ours, rounds)
        compare("MiB through an open connection", ("bulk", 4000 // share), ours, rounds, pin=True)
    if options.only in (None, "exec"):
        compare("exec of /bin/true", ("exec", 3000 // share), ours, rounds)
    if options.only in (None, "kernel"):
        kernel_time(30000 // share)
    if options.only in (None, "paced"):
        paced(5, 5000)
    if options.only in (None, "open"):
        many_open(50000 // share)


if __name__ == "__main__":
    main()
