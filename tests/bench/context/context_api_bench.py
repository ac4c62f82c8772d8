#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What agents cost an API server, by the server's own count. First one agent beside a cluster that changes steadily, an
hour in a minute; then many collectors that start together. Needs no privileges."""

import argparse
import collections
import itertools
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.parse

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TOP / "support" / each) for each in ("agent", "k8s")]
import objects
import pages
import server
import usage

BUILD = pathlib.Path(os.environ.get("SONDE_BUILD", "build/release")).absolute()
COLLECTOR = """[[collectors]]
type = "k8s"
name = "k8s_{number}"
[collectors.config]
server = "{url}"
token_file = "{work}/token"
ca_file = "{ca}"
"""


class Agent:
    def __init__(self, work, api, numbers, options, more=""):
        self.work = pathlib.Path(work, f"agent-{numbers[0]}")
        self.work.mkdir()
        pathlib.Path(work, "token").write_text("good-token\n")
        self.numbers = numbers
        config = f'[host]\nrun_dir = "{self.work}"\n' + more + "".join(
            COLLECTOR.format(number=each, url=api.url, work=work, ca=api.authority.certificate) + options
            for each in numbers)
        (self.work / "sonde.toml").write_text(config)
        self.log = open(self.work / "log", "wb")
        self.process = subprocess.Popen(
            [BUILD / "bin/sonde", "run", "--config", self.work / "sonde.toml", "--plugin-dir", BUILD / "lib/sonde/plugins"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.log,
            env={key: value for key, value in os.environ.items() if not key.startswith(("SONDE_", "NODE_NAME"))})

    def ask(self, path):
        return pages.get(self.work / "sonde.sock", path).json

    def is_synced(self):
        try:
            return all(self.ask(f"/modules/k8s_{each}/check").get("synced") for each in self.numbers)
        except (OSError, ValueError):
            return False

    def rss(self):
        return usage.kibibytes(self.process.pid, "VmHWM") // 1024

    def end(self):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


def until_synced(agents, seconds):
    began = time.monotonic()
    while not all(each.is_synced() for each in agents):
        if time.monotonic() - began > seconds or any(each.process.poll() is not None for each in agents):
            raise SystemExit(f"not synced within {seconds} s: " + (agents[0].work / "log").read_text()[-2000:])
        time.sleep(0.1)
    return time.monotonic() - began


def steady(chosen):
    """One agent; bookmarks and changes at the pace of an hour in `seconds`."""
    pace = 3600 / chosen.seconds
    with tempfile.TemporaryDirectory(prefix="sonde-bench-") as work:
        api = server.ApiServer(work, bookmark_interval=60 / pace, window=100_000)
        items = objects.cluster(chosen.pods, chosen.services, 100)
        api.load(items)
        api.start()
        # A watch ends and begins anew as often as with the default of ten minutes, and at least every ten seconds.
        agent = Agent(work, api, [0], f'watch_duration = "{max(600 / pace, 10):.0f}s"\n',
                      '[[enrichers]]\ntype = "enrich_context"\n')
        try:
            took = until_synced([agent], 120)
            listed = sum(each.get("bytes", 0) for each in api.counts().values())
            pods = [each for each in items if each["kind"] == "Pod"]
            began, changes = time.monotonic(), 0
            for number in itertools.count():
                if (passed := time.monotonic() - began) >= chosen.seconds:
                    break
                while changes < passed * pace * chosen.changes:
                    changes += 1
                    api.apply(pods[changes * 7919 % len(pods)])
                time.sleep(0.01)
            counts, rss = api.counts(), agent.rss()
        finally:
            agent.end()
            api.stop()
    print(f"{chosen.pods} pods, {chosen.services} services: all known after {took:.1f} s; agent's peak memory {rss} MiB")
    print(f"1 h simulated in {chosen.seconds} s, {changes} changes of pods:")
    print(api_report(counts))
    total = sum(each.get("bytes", 0) for each in counts.values())
    print(f"bytes: {listed} for the first lists, {total - listed} for the hour, of them "
          f"{(total - listed) / max(changes, 1):.0f} for each change")
    worst = max(each.get("lists", 0) for each in counts.values())
    print(f"most lists of any kind: {worst} (target 1)")
    return worst == 1


def api_report(counts):
    lines = [f"{'resource':<16}{'lists':>8}{'pages':>8}{'watches':>9}{'frames':>9}{'bytes':>14}"]
    for name, each in counts.items():
        row = [each.get(what, 0) for what in ("lists", "pages", "watches", "frames", "bytes")]
        lines.append(f"{name:<16}{row[0]:>8}{row[1]:>8}{row[2]:>9}{row[3]:>9}{row[4]:>14}")
    return "\n".join(lines)


class Clocked(list):
    """The server's log of requests, with times."""

    def append(self, item):
        super().append((time.monotonic(), *item))


def together(chosen):
    """Collectors that start at once, with the default limit of requests."""
    with tempfile.TemporaryDirectory(prefix="sonde-bench-") as work:
        api = server.ApiServer(work)
        api.load(objects.cluster(2000, 200, 20))
        api.start()
        api.requests = Clocked()
        numbers = list(range(chosen.collectors))
        each_has = max(1, chosen.collectors // chosen.agents)
        began = time.monotonic()
        agents = [Agent(work, api, numbers[at:at + each_has], 'page_size = 250\n' + f'start_jitter = "{chosen.jitter}s"\n')
                  for at in range(0, len(numbers), each_has)]
        try:
            took = until_synced(agents, 240)
            counts, requests = api.counts(), list(api.requests)
        finally:
            for each in agents:
                each.end()
            api.stop()
    lists = [(when - began, target) for when, _, target in requests if "watch=" not in target]
    pods = [(when, target) for when, target in lists if urllib.parse.urlsplit(target).path.endswith("/pods")]
    first = [when for when, target in pods if "continue=" not in target]
    per_second = collections.Counter(int(when - began) for when, _, _ in requests)
    whole = len(numbers)
    print(f"\n{whole} collectors in {len(agents)} agents started together; all synced after {took:.1f} s")
    print(f"lists of pods: {len(first)} begun between {min(first):.2f} s and {max(first):.2f} s after the start, "
          f"{len(pods)} pages of at most 250")
    print(f"requests: {len(requests)}, {len(requests) / whole:.0f} per collector; most in one second: "
          f"{max(per_second.values())}, {max(per_second.values()) / whole:.1f} per collector")
    print(api_report(counts))
    return len(first) == whole


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--pods", type=int, default=10_000)
    arguments.add_argument("--services", type=int, default=2_000)
    arguments.add_argument("--seconds", type=int, default=60)
    arguments.add_argument("--changes", type=float, default=1.0, help="of pods, per simulated second")
    arguments.add_argument("--collectors", type=int, default=200)
    arguments.add_argument("--agents", type=int, default=10, help="processes that the collectors are spread over")
    arguments.add_argument("--jitter", type=int, default=10, help="start_jitter of each, in seconds")
    arguments.add_argument("--only", choices=("steady", "together"))
    chosen = arguments.parse_args()
    good = [part(chosen) for part in (steady, together) if chosen.only in (None, part.__name__)]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
