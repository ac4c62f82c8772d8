#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Prometheus collector in a running agent: a real server and a real page, and servers that misbehave."""

import gzip
import itertools
import pathlib
import shutil
import signal
import sys
import tempfile
import threading
import time
import unittest

SUPPORT = pathlib.Path(__file__).parent.parent / "support"
sys.path[:0] = [str(SUPPORT / "prometheus"), str(SUPPORT / "k8s")]
import certificates
import harness
import real
import web
from harness import wait_for

ENCODER = '[[encoders]]\ntype = "encode_jsonl"\ndelivery = "lossless"\n'
FAST = 'spread_start = false\nquery_interval = "200ms"\nscrape_interval = "200ms"\nretry_first = "50ms"\nretry_limit = "200ms"\n'


class Prometheus(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("prometheus", "encode_jsonl")

    def serve(self, answer, **more):
        made = web.Web(answer, **more)
        self.addCleanup(made.stop)
        return made

    @staticmethod
    def collector(*lines, name="prometheus", fast=FAST):
        return f'[[collectors]]\ntype = "prometheus"\nname = "{name}"\n[collectors.config]\n{fast}' + "\n".join(lines) + "\n"

    def querying(self, url, *lines, query="up", **more):
        return self.agent(self.collector(f'url = "{url}"', f"queries = {{ load = '{query}' }}", *lines) + ENCODER,
                          **more).ready()

    def scraping(self, url, *lines, **more):
        return self.agent(self.collector(f'targets = {{ node = "{url}" }}', *lines) + ENCODER, **more).ready()

    @staticmethod
    def points(agent, kind, name=None, instance="prometheus"):
        """Each sample as it was told: name, labels, value and time."""
        found = []
        for line in agent.lines():
            if line["topic"] != f"raw/prometheus/{kind}/" or line["instance"] != instance:
                continue
            payload = line["payload"]
            for metric in payload.get("metrics", []):
                if name not in (None, metric["name"]):
                    continue
                for point in metric["points"]:
                    found.append({
                        "group": payload["group"], "name": metric["name"], "kind": metric.get("kind"),
                        "labels": payload.get("attributes", {}) | point.get("attributes", {}),
                        "value": point.get("double_value"), "stale": point.get("stale", False),
                        "histogram": point.get("native_histogram"),
                        "time": point.get("time_unix_nano", line["time_unix_nano"])})
        return found

    def until(self, agent, what, probe):
        return wait_for(lambda: f"{what}: {agent.get('/modules/prometheus/check').text}\n{agent.log()[-2000:]}", probe)

    def until_points(self, agent, kind, name=None, count=1):
        def probe():
            found = self.points(agent, kind, name)
            return found if len(found) >= count else None
        return self.until(agent, f"{count} points of {name}", probe)

    def check(self, agent, name="prometheus"):
        return agent.get(f"/modules/{name}/check").json

    def until_trouble(self, agent, reason):
        """The text of the status once it has this reason."""
        def probe():
            check = self.check(agent)
            return check["text"] if check.get("reason") == reason else None
        return self.until(agent, reason, probe)

    def until_well(self, agent):
        def probe():
            check = self.check(agent)
            rows = check["queries"] + check["targets"]
            return check["ok"] and all(each["state"] == "working" for each in rows)
        return self.until(agent, "health", probe)

    def failures(self, agent, reason, kind="query"):
        return agent.metric("sonde_prometheus_failures_total", kind=kind, reason=reason) or 0


@unittest.skipIf(real.why_not(), real.why_not())
class Real(Prometheus):
    """A real server that looks at pages of the test, and at its own."""

    @classmethod
    def setUpClass(cls):
        beats = itertools.count(1)
        cls.exporter = web.Web(web.page(lambda _: (
            f"# TYPE beats counter\nbeats_total {next(beats)}\n# TYPE level gauge\n"
            'level{kind="nan"} NaN\nlevel{kind="inf"} +Inf\nlevel{kind="one"} 1.5\n')))
        cls.addClassCleanup(cls.exporter.stop)
        where = pathlib.Path(tempfile.mkdtemp(prefix="prometheus-", dir=harness.WORK))
        cls.addClassCleanup(shutil.rmtree, where, ignore_errors=True)
        cls.server = real.Server(where, {"test": f"127.0.0.1:{cls.exporter.port}"})
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()
        # It begins to look at its targets five seconds after its start.
        wait_for("the server's first look", lambda: cls.server.query("beats_total"))

    def test_each_sample_of_an_answer_is_told_with_labels_value_and_time(self):
        agent = self.querying(self.server.url, query='level{job="test"}')
        found = self.until_points(agent, "query", "level", 9)
        instance = f"127.0.0.1:{self.exporter.port}"
        first = {each["labels"]["kind"]: each for each in found[:3]}
        self.assertEqual(first["one"]["labels"], {"instance": instance, "job": "test", "kind": "one"})
        self.assertEqual(first["one"]["value"], 1.5)
        self.assertIsNone(first["nan"]["value"], "JSON has no NaN")
        self.assertIsNone(first["inf"]["value"])
        for each in found:
            self.assertEqual(each["group"], "load")
            self.assertLess(abs(each["time"] / 1e9 - time.time()), 60)
        self.assertTrue(self.until_well(agent))

    def test_a_range_brings_every_step_once_over_a_restart_of_the_server(self):
        agent = self.querying(self.server.url, 'query_ranges = { load = "30s" }', 'query_steps = { load = "1s" }',
                              query="beats_total")
        self.until_points(agent, "query", "beats_total", 2)
        self.server.stop()
        self.until_trouble(agent, "unreachable")
        before = len(self.points(agent, "query"))
        self.server.start()
        back = time.monotonic()
        self.until_points(agent, "query", "beats_total", before + 3)
        self.assertLess(time.monotonic() - back, 5)
        times = [each["time"] for each in self.points(agent, "query", "beats_total")]
        self.assertEqual(times, sorted(set(times)), "none twice, in order")
        self.assertTrue(all(each % 1_000_000_000 == 0 for each in times))
        told = {each["time"] // 1_000_000_000: each["value"] for each in self.points(agent, "query", "beats_total")}
        truth = self.server.query("beats_total", start=min(told), end=max(told), step=1)[0]["values"]
        self.assertEqual(told, {int(at): float(value) for at, value in truth if int(at) in told})

    def test_the_servers_own_page_is_told_as_the_server_tells_it(self):
        agent = self.scraping(self.server.url + "/metrics")
        self.until_points(agent, "scrape", "scrape_samples_scraped", 2)
        self.until_well(agent)
        count = self.points(agent, "scrape", "scrape_samples_scraped")[0]["value"]
        self.assertGreater(count, 200)
        first = self.points(agent, "scrape", "up")[0]
        self.assertEqual((first["value"], first["labels"]),
                         (1, {"instance": f"127.0.0.1:{self.server.port}", "job": "node"}))
        of_first = [each for each in self.points(agent, "scrape") if each["time"] == first["time"]]
        self.assertEqual(len(of_first), count + 3, "and up, duration and count")
        build = next(each for each in of_first if each["name"] == "prometheus_build_info")
        truth = self.server.query("prometheus_ready")
        self.assertIn("version", build["labels"])
        self.assertEqual(truth, [], "the server does not look at itself: the page came by the agent alone")
        buckets = [each for each in of_first if each["name"] == "prometheus_http_request_duration_seconds_bucket"]
        self.assertTrue(all("le" in each["labels"] and each["kind"] == "monotonic_sum" for each in buckets) and buckets)

    def test_a_server_that_hangs_is_noticed_and_followed_again(self):
        agent = self.querying(self.server.url, 'query_timeout = "400ms"', query="beats_total")
        self.until_points(agent, "query", "beats_total")
        self.server.process.send_signal(signal.SIGSTOP)
        self.addCleanup(self.server.process.send_signal, signal.SIGCONT)
        self.until_trouble(agent, "timeout")
        self.server.process.send_signal(signal.SIGCONT)
        back, before = time.monotonic(), len(self.points(agent, "query"))
        self.until_points(agent, "query", "beats_total", before + 2)
        self.assertLess(time.monotonic() - back, 5)
        self.until_well(agent)

    def test_after_a_kill_the_agent_goes_on_with_the_present(self):
        config = self.collector(f'url = "{self.server.url}"', "queries = { load = 'beats_total' }",
                                f'targets = {{ node = "{self.exporter.url}/" }}') + ENCODER
        agent = self.agent(config).ready()
        self.until_points(agent, "query", "beats_total", 2)
        agent.process.kill()
        agent.process.wait()
        again = self.agent(config).ready()
        self.until_points(again, "query", "beats_total", 2)
        self.until_points(again, "scrape", "up", 2)
        self.assertFalse(any(each["stale"] for each in self.points(again, "scrape")), "what ran on is not stale")

    def test_the_servers_words_on_a_wrong_query_are_in_the_status(self):
        agent = self.querying(self.server.url, query="sum(")
        self.assertIn("parse error", self.until_trouble(agent, "bad_query"))
        self.assertGreater(self.failures(agent, "bad_query"), 0)


class Queries(Prometheus):
    def test_a_query_is_asked_at_its_interval_and_never_beside_itself(self):
        running, most = [0], [0]
        lock = threading.Lock()

        def answer(_):
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            time.sleep(0.03)
            with lock:
                running[0] -= 1
            return web.vector(({}, "1"))
        server = self.serve(answer)
        agent = self.querying(server.url)
        wait_for("six requests", lambda: len(server.asked) >= 6)
        self.assertGreater(server.asked[5].time - server.asked[0].time, 4 * 0.2, "no faster than the interval")
        self.assertEqual(most[0], 1)
        self.until_points(agent, "query", count=5)
        self.assertEqual({(each.method, each.path) for each in server.asked}, {("POST", "/api/v1/query")})
        self.assertEqual(server.asked[0].form, {"query": "up", "timeout": "10000ms"})

    def test_queries_go_by_get_if_that_is_configured(self):
        server = self.serve(lambda _: web.vector(({}, "1")))
        agent = self.querying(server.url + "/below/", 'method = "get"', query='sum by (x) (up{a="b c"})')
        self.until_points(agent, "query")
        self.assertEqual((server.asked[0].method, server.asked[0].path), ("GET", "/below/api/v1/query"))
        self.assertEqual(server.asked[0].form["query"], 'sum by (x) (up{a="b c"})')

    def test_timeouts_and_missed_ticks_are_counted_and_it_recovers(self):
        hangs = threading.Event()
        self.addCleanup(hangs.set)
        slow = [True]

        def answer(_):
            if slow[0]:
                hangs.wait(10)
            return web.vector(({}, "1"))
        server = self.serve(answer)
        agent = self.querying(server.url, 'query_timeout = "500ms"')
        self.until_trouble(agent, "timeout")
        wait_for("two timeouts", lambda: self.failures(agent, "timeout") >= 2)
        self.assertGreater(agent.metric("sonde_prometheus_missed_total", kind="query"), 0)
        self.assertIn("1 of 1 queries without an answer: load", str(agent.instance("prometheus")))
        slow[0] = False
        self.until_points(agent, "query")
        self.until_well(agent)

    def test_warnings_infos_and_native_histograms_are_told(self):
        histogram = {"count": "59", "sum": "33.69", "buckets": [[0, "0.25", "0.5", "4"], [3, "-0.1", "0.1", "55"]]}
        server = self.serve(lambda _: web.vector(({"a": "b"}, histogram), warnings=["one store is away"], infos=["slow"]))
        agent = self.querying(server.url)
        found = self.until_points(agent, "query")[0]
        self.assertEqual(found["histogram"]["count"], 59)
        self.assertEqual([each.get("inclusion", "upper") for each in found["histogram"]["buckets"]], ["upper", "both"])
        payload = next(each["payload"] for each in agent.lines() if each["topic"] == "raw/prometheus/query/")
        self.assertEqual((payload["warnings"], payload["infos"]), (["one store is away"], ["slow"]))
        self.assertGreater(agent.metric("sonde_prometheus_warnings_total"), 0)

    def test_bad_answers_are_named_and_nothing_of_them_is_told(self):
        good = web.vector(({"a": "b"}, "1"))
        cases = {
            "broken": (200, {"Content-Length": "1000"}, good[2]),  # cut before its end
            "malformed": (200, {}, good[2][:-10]),
            "server_error": web.error(503, "timeout", "query timed out in expression evaluation"),
            "unauthorized": (401, {"WWW-Authenticate": "Basic"}, b"who are you"),
            "not_found": (404, {}, b"404 page not found"),
            "redirected": (302, {"Location": "http://127.0.0.1:1/elsewhere"}, b""),
            "body_too_large": (200, {}, b" " * 200_000 + good[2]),
            "too_many_samples": web.vector(*[({"n": str(i)}, "1") for i in range(101)]),
        }
        now = [good]
        server = self.serve(lambda _: now[0])
        agent = self.querying(server.url, 'body_limit = "100KiB"', "sample_limit = 100")
        self.until_points(agent, "query")
        for reason, answer in cases.items():
            now[0] = answer
            text = self.until_trouble(agent, reason)
            self.assertIn("1 of 1 queries without an answer: load: ", text)
            if reason == "server_error":
                self.assertIn("timeout: query timed out in expression evaluation", text)
            if reason == "redirected":
                self.assertIn("http://127.0.0.1:1/elsewhere", text)
            told = len(self.points(agent, "query"))
            before = self.failures(agent, reason)
            wait_for(f"another {reason}", lambda: self.failures(agent, reason) > before)
            self.assertEqual(len(self.points(agent, "query")), told, reason)
            now[0] = good
            self.until_well(agent)

    def test_an_answer_of_many_samples_comes_in_envelopes_of_bounded_size(self):
        server = self.serve(lambda _: web.vector(*[({"n": str(i), "text": "x" * 100}, str(i)) for i in range(2000)]))
        agent = self.agent(self.collector(
            f'url = "{server.url}"', "queries = { load = 'up' }", 'query_interval = "1h"', 'envelope_limit = "8KiB"',
            fast="spread_start = false\n") + ENCODER).ready()
        found = self.until_points(agent, "query", count=2000)
        self.assertEqual([each["value"] for each in found], list(range(2000)))
        self.assertGreater(len(agent.lines()), 25)

    def test_two_instances_run_side_by_side(self):
        servers = [self.serve(lambda _, value=value: web.vector(({}, value))) for value in "12"]
        agent = self.agent("".join(
            self.collector(f'url = "{server.url}"', "queries = { load = 'up' }", name=name)
            for server, name in zip(servers, ("one", "two"))) + ENCODER).ready()
        for name, value in (("one", 1), ("two", 2)):
            wait_for(name, lambda: len(self.points(agent, "query", instance=name)) > 1)
            self.assertEqual({each["value"] for each in self.points(agent, "query", instance=name)}, {value})
            self.assertGreater(agent.metric("sonde_prometheus_samples_total", kind="query", instance_name=name), 0)


class Access(Prometheus):
    def test_basic_authentication_with_a_password_by_reference_that_shows_nowhere(self):
        def answer(asked):
            return web.vector(({}, "1")) if asked.has_credentials("me", "can4ry-pass") else (401, {}, b"no")
        server = self.serve(answer)
        agent = self.querying(server.url, 'username = "me"', 'password = "env:TEST_PASSWORD"',
                              env={"TEST_PASSWORD": "can4ry-pass"})
        self.until_points(agent, "query")
        everything = [agent.out.read_text(), agent.log(), agent.get("/metrics").text, agent.get("/healthz").text,
                      agent.get("/modules/prometheus/check").text]
        self.assertFalse([each for each in everything if "can4ry" in each])

    def test_a_token_is_read_again_when_it_changes(self):
        valid = ["first"]

        def answer(asked):
            is_good = asked.headers.get("Authorization") == f"Bearer {valid[0]}"
            return web.vector(({}, "1")) if is_good else (401, {}, b"")
        server = self.serve(answer)
        token = self.dir / "token"
        token.write_text("first\n")
        agent = self.querying(server.url, f'bearer_token_file = "{token}"', 'headers = { "X-Scope-OrgID" = "north" }')
        self.until_points(agent, "query")
        self.assertEqual(server.asked[0].headers["X-Scope-OrgID"], "north")
        valid[0] = "second"
        self.until_trouble(agent, "unauthorized")
        token.write_text("second\n")
        self.until_well(agent)

    def test_credentials_do_not_go_to_targets_beside_a_server(self):
        server = self.serve(lambda _: web.vector(({}, "1")))
        exporter = self.serve(web.page("a 1\n"))
        config = [f'targets = {{ node = "{exporter.url}" }}', 'bearer_token = "env:TEST_TOKEN"']
        agent = self.querying(server.url, *config, env={"TEST_TOKEN": "t0ken"})
        self.until_well(agent)
        self.assertEqual(server.asked[0].headers["Authorization"], "Bearer t0ken")
        self.assertIsNone(exporter.asked[0].headers.get("Authorization"))
        agent.stop()
        exporter.asked.clear()
        agent = self.agent(self.collector(*config) + ENCODER, env={"TEST_TOKEN": "t0ken"}).ready()
        self.until_well(agent)
        self.assertEqual(exporter.asked[0].headers["Authorization"], "Bearer t0ken", "alone they are whom it is for")

    def test_certificates_are_checked_on_both_sides(self):
        authority = certificates.Authority(self.dir / "pki")
        other = certificates.Authority(self.dir / "other")
        certificate, key = authority.issue("server")
        mine, my_key = authority.issue("agent")
        server = self.serve(lambda _: web.vector(({}, "1")), certificate=certificate, key=key,
                            client_authority=authority.certificate)
        client = [f'certificate_file = "{mine}"', f'key_file = "{my_key}"']
        agent = self.querying(server.url, f'ca_file = "{authority.certificate}"', *client)
        self.until_well(agent)
        agent.stop()
        for lines in ([f'ca_file = "{other.certificate}"', *client], client):
            agent = self.querying(server.url, *lines)
            self.until_trouble(agent, "tls")
            self.assertEqual(self.points(agent, "query"), [])
            agent.stop()
        before = len(server.asked)
        agent = self.querying(server.url, f'ca_file = "{authority.certificate}"')
        self.until(agent, "a refusal", lambda: not self.check(agent)["ok"])
        self.assertEqual(len(server.asked), before, "without a certificate nothing is asked")
        agent.stop()
        agent = self.querying(server.url, "verify = false", *client)
        self.until_well(agent)


    def test_a_proxy_is_asked_for_servers_that_only_it_reaches(self):
        proxy = self.serve(lambda _: web.vector(({}, "1")))
        agent = self.querying("http://prometheus.invalid:9090", f'proxy = "{proxy.url}"')
        self.until_points(agent, "query")
        self.assertEqual(proxy.asked[0].path, "http://prometheus.invalid:9090/api/v1/query")
        agent.stop()
        agent = self.querying("http://prometheus.invalid:9090", f'proxy = "{proxy.url}"', 'no_proxy = "*.invalid,.invalid"')
        self.until_trouble(agent, "name_lookup")


class Scrapes(Prometheus):
    def test_a_series_that_is_gone_is_told_as_stale_once_also_when_the_target_fails(self):
        text = ["a 1\nb{x=\"1\"} 2\nb{x=\"2\"} 3\n"]
        broken = [False]

        def answer(asked):
            return (500, {}, b"") if broken[0] else web.page(text[0])(asked)
        server = self.serve(answer)
        agent = self.scraping(server.url)
        self.until_points(agent, "scrape", "b", 2)
        text[0] = "a 1\nb{x=\"1\"} 2\n"
        stale = lambda: [(each["name"], each["labels"].get("x")) for each in self.points(agent, "scrape") if each["stale"]]
        self.until(agent, "one stale series", stale)
        broken[0] = True
        self.until(agent, "a fall", lambda: 0 in [each["value"] for each in self.points(agent, "scrape", "up")])
        downs = lambda: [each["value"] for each in self.points(agent, "scrape", "up")].count(0)
        self.until(agent, "three falls", lambda: downs() >= 3)
        self.assertEqual(stale()[0], ("b", "2"))
        self.assertEqual(sorted(stale(), key=str), [("a", None), ("b", "1"), ("b", "2")])
        self.assertEqual(agent.metric("sonde_prometheus_stale_total"), 3)
        self.assertEqual(agent.metric("sonde_prometheus_failing", kind="scrape"), 1)
        broken[0] = False
        self.until_well(agent)
        self.assertEqual(self.points(agent, "scrape", "up")[-1]["value"], 1)
        self.assertEqual(len(stale()), 3)

    def test_labels_of_the_target_hold_beside_those_of_the_page(self):
        server = self.serve(web.page('a{job="theirs"} 1\n'))
        agent = self.scraping(server.url + "/some/page", 'labels = { site = "north" }',
                              'target_labels = { "node/job" = "ours", "node/tier" = "front" }')
        found = self.until_points(agent, "scrape", "a")[0]
        self.assertEqual(found["labels"], {"instance": f"127.0.0.1:{server.port}", "job": "ours", "site": "north",
                                           "tier": "front", "exported_job": "theirs"})
        self.assertEqual(server.asked[0].path, "/some/page")
        self.assertIn("application/openmetrics-text", server.asked[0].headers["Accept"])

    def test_limits_hold_for_pages_packed_ones_too(self):
        bomb = gzip.compress(b"#" * 50_000_000)
        pages = {
            "body_too_large": (200, {"Content-Encoding": "gzip"}, bomb),
            "too_many_samples": (200, {}, "".join(f"a{i} 1\n" for i in range(1001)).encode()),
            "malformed": (200, {}, b"<html>this is no page with metrics</html>"),
        }
        now = [web.page("a 1\n")(type("asked", (), {"headers": {}}))]
        server = self.serve(lambda _: now[0])
        agent = self.scraping(server.url, 'body_limit = "1MiB"', "sample_limit = 1000")
        self.until_well(agent)
        good = now[0]
        for reason, page in pages.items():
            now[0] = page
            self.until_trouble(agent, reason)
            now[0] = good
            self.until_well(agent)
        self.assertEqual({each["name"] for each in self.points(agent, "scrape")},
                         {"a", "up", "scrape_duration_seconds", "scrape_samples_scraped"})

    def test_many_targets_do_not_hold_each_other_up(self):
        hangs = threading.Event()
        self.addCleanup(hangs.set)

        def answer(asked):
            if asked.path == "/slow":
                hangs.wait(10)
            return web.page(f"path{{of=\"{asked.path}\"}} 1\n")(asked)
        server = self.serve(answer)
        targets = ", ".join(f't{i} = "{server.url}/{i}"' for i in range(30))
        agent = self.agent(self.collector(f'targets = {{ slow = "{server.url}/slow", {targets} }}',
                                          "request_limit = 4") + ENCODER).ready()
        wanted = {f"/{i}" for i in range(30)}
        self.until(agent, "all the others", lambda: {each["labels"]["of"] for each in self.points(agent, "scrape", "path")}
                   == wanted)

    def test_a_target_that_comes_late_is_up_within_seconds(self):
        port = real.free_port()
        agent = self.agent(self.collector(f'targets = {{ node = "http://127.0.0.1:{port}/" }}',
                                          'scrape_interval = "1h"', fast="spread_start = false\n") + ENCODER).ready()
        self.until_trouble(agent, "unreachable")
        server = self.serve_at(port, web.page("a 1\n"))
        back = time.monotonic()
        self.until_points(agent, "scrape", "a")
        self.assertLess(time.monotonic() - back, 5)
        self.assertEqual([each["value"] for each in self.points(agent, "scrape", "up")], [0, 1])
        self.assertEqual(len(server.asked), 1)

    def serve_at(self, port, answer):
        made = web.Web(answer, port=port)
        self.addCleanup(made.stop)
        return made


if __name__ == "__main__":
    harness.main()
