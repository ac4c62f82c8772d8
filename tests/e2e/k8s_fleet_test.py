#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two hundred collectors start together against one API server, as after an update of a DaemonSet: they do not ask at the
same moment, none asks more often than it may, and each reads every kind once, in pages."""

import collections
import json
import pathlib
import shutil
import sys
import tempfile
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support" / "k8s"))
import harness
import objects
import server
from harness import wait_for

AGENTS, OF_EACH = 4, 50
KINDS = ["namespaces", "services", "pods"]
PAGE = 20
PODS = 60
JITTER = 4
RATE, BURST = 5.0, 3
COLLECTOR = """[[collectors]]
type = "k8s"
name = "{name}"
[collectors.config]
server = "{url}"
token_file = "{token}"
ca_file = "{ca}"
kinds = {kinds}
scope = "cluster"
page_size = {page}
start_jitter = "{jitter}s"
requests_per_second = {rate}
request_burst = {burst}
"""


class Fleet(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("k8s", "encode_jsonl")
        self.api = server.ApiServer(self.dir)
        self.api.load(objects.cluster(PODS, 10, 2, 2))
        self.names = [f"node-{agent}-{number}" for agent in range(AGENTS) for number in range(OF_EACH)]
        for each in self.names:
            (self.dir / each).write_text(each)
            self.api.tokens[each] = each
        self.api.start()
        self.addCleanup(self.api.stop)

    def started(self, names):
        run_dir = tempfile.mkdtemp(prefix="sonde-e2e-")
        self.addCleanup(shutil.rmtree, run_dir, ignore_errors=True)
        return self.agent(run_dir=run_dir, config="".join(COLLECTOR.format(
            name=each, url=self.api.url, token=self.dir / each, ca=self.api.authority.certificate, kinds=json.dumps(KINDS),
            page=PAGE, jitter=JITTER, rate=RATE, burst=BURST) for each in names))

    def test_they_are_spread_over_time_and_stay_below_their_rate(self):
        agents = [self.started(self.names[begin:begin + OF_EACH]) for begin in range(0, len(self.names), OF_EACH)]
        for each in agents:
            each.ready()

        def waiting():
            return [name for agent, begin in zip(agents, range(0, len(self.names), OF_EACH))
                    for name in self.names[begin:begin + OF_EACH]
                    if not agent.get(f"/modules/{name}/check").json.get("synced")]
        wait_for(lambda: f"all of them to have read everything: {waiting()[:5]}", lambda: not waiting())

        by_agent = collections.defaultdict(list)
        for time, token, target in self.api.call(lambda: list(self.api.arrivals)):
            by_agent[token].append((time, target))
        self.assertEqual(set(by_agent), set(self.names))

        first = sorted(asked[0][0] for asked in by_agent.values())
        together = max(sum(begin <= each < begin + JITTER / 8 for each in first) for begin in first)
        print(f"{len(first)} collectors begin within {first[-1] - first[0]:.1f} s, at most {together} within {JITTER / 8} s")
        # Of an even spread an eighth; four standard deviations more come once in thousands of runs.
        self.assertLess(together, len(first) / 8 + 4 * (len(first) * 7 / 64) ** 0.5)

        for name, asked in by_agent.items():
            for at, (begin, _) in enumerate(asked):
                within = sum(time < begin + 1 for time, _ in asked[at:])
                self.assertLessEqual(within, BURST + RATE + 1, f"{name}: {asked}")
            lists = collections.Counter()
            for _, target in asked:
                parsed = urllib.parse.urlsplit(target)
                query = dict(urllib.parse.parse_qsl(parsed.query))
                kind = parsed.path.rpartition("/")[2]
                if kind in KINDS and "watch" not in query:
                    self.assertEqual(query["limit"], str(PAGE))
                    lists[kind] += 1
            self.assertEqual(lists, {"namespaces": 1, "services": 1, "pods": PODS // PAGE}, name)


if __name__ == "__main__":
    harness.main()
