#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Events, metrics and spans of a running agent as lines of OTLP/JSON, held against the rules of that form."""

import re
import subprocess

import harness
from harness import PROCESS, wait_for

CONTEXT = '[[enrichers]]\ntype = "enrich_context"\n[enrichers.config]\nspan_sampling_ratio = {}\n'
HOST = '[[collectors]]\ntype = "host"\nname = "machine"\n[collectors.config]\ninterval = "1s"\n'
OTLP = ('[[encoders]]\ntype = "encode_jsonl"\ntopics = ["event/", "conn/", "span/"]\n'
        '[encoders.config]\nformat = "otlp"\n')

SIGNALS = {"resourceLogs": ("scopeLogs", "logRecords"), "resourceMetrics": ("scopeMetrics", "metrics"),
           "resourceSpans": ("scopeSpans", "spans")}
DIGITS = re.compile(r"-?\d+")
RULES = {  # of members, by name
    "traceId": lambda value: re.fullmatch(r"[0-9a-f]{32}", value),
    "spanId": lambda value: re.fullmatch(r"[0-9a-f]{16}", value),
    "parentSpanId": lambda value: re.fullmatch(r"[0-9a-f]{16}", value),
    "timeUnixNano": DIGITS.fullmatch,
    "observedTimeUnixNano": DIGITS.fullmatch,
    "startTimeUnixNano": DIGITS.fullmatch,
    "endTimeUnixNano": DIGITS.fullmatch,
    "intValue": DIGITS.fullmatch,
    "asInt": DIGITS.fullmatch,
    "severityNumber": lambda value: isinstance(value, int) and 1 <= value <= 24,
    "kind": lambda value: isinstance(value, int),
    "aggregationTemporality": lambda value: value == 2,
    "boolValue": lambda value: isinstance(value, bool),
}


def attributes(of):
    """{"k8s.node.name": "a"}: each key is there once."""
    found = {each["key"]: next(iter(each["value"].values()), None) for each in of.get("attributes", [])}
    assert len(found) == len(of.get("attributes", [])), of
    return found


class Otlp(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("process", "host", "enrich_context", "encode_jsonl")

    def told(self, agent, signal):
        """(resource, scope, item) of all lines so far."""
        scopes, items = SIGNALS[signal]
        return [(group["resource"], scope["scope"], item) for line in agent.lines()
                for group in line.get(signal, []) for scope in group[scopes] for item in scope[items]]

    def named(self, agent, name):
        return [each for each in self.told(agent, "resourceLogs") if each[2].get("eventName") == name]

    def started(self, ratio):
        """An agent that has told of a program that was run."""
        agent = self.agent(PROCESS + HOST + CONTEXT.format(ratio) + OTLP).ready()
        wait_for(lambda: "an exec:\n" + agent.log(),
                 lambda: subprocess.run(["true"], check=True) and self.named(agent, "process.exec"))
        return agent

    def check(self, value, name=None):
        """The rules of OTLP/JSON, all the way down."""
        if isinstance(value, dict):
            for key, member in value.items():
                self.assertRegex(key, r"^[a-z][a-zA-Z0-9]*$")
                self.check(member, key)
        elif isinstance(value, list):
            for each in value:
                self.check(each)
        elif name in RULES:
            self.assertTrue(RULES[name](value), f"{name}: {value!r}")

    def test_lines_keep_the_rules_and_have_what_was_observed(self):
        agent = self.started("1.0")
        wait_for("metrics of the processor", lambda: [each for each in self.told(agent, "resourceMetrics")
                                                      if each[2]["name"] == "system.cpu.time"])
        wait_for("spans", lambda: self.told(agent, "resourceSpans"))
        self.assertEqual(agent.stop(), 0)
        lines = agent.lines()
        for line in lines:
            self.assertEqual(len(line), 1)
            self.assertIn(next(iter(line)), SIGNALS)
            self.assertEqual(len(next(iter(line.values()))), 1, "one resource in a line")
            self.check(line)
        with open(agent.out, encoding="utf-8", errors="strict") as text:
            self.assertEqual(len(text.read().splitlines()), len(lines))

        resource, scope, record = self.named(agent, "process.exec")[0]
        about = attributes(resource)
        self.assertTrue(about["host.id"] and about["host.name"] and about["k8s.node.name"])
        self.assertEqual(scope["name"], "process")
        self.assertEqual((record["severityNumber"], record["severityText"]), (9, "INFO"))
        self.assertGreater(int(attributes(record)["process.pid"]), 0)
        self.assertIn("sonde.missing", attributes(record))
        self.assertGreaterEqual(int(record["observedTimeUnixNano"]), int(record["timeUnixNano"]))

        metric = next(each for _, _, each in self.told(agent, "resourceMetrics") if each["name"] == "system.cpu.time")
        self.assertEqual(metric["unit"], "s")
        self.assertEqual(metric["sum"]["aggregationTemporality"], 2)
        self.assertTrue(metric["sum"]["isMonotonic"])
        point = metric["sum"]["dataPoints"][0]
        self.assertLess(int(point["startTimeUnixNano"]), int(point["timeUnixNano"]))
        self.assertIn("asDouble", point)

    def test_each_event_has_a_span_with_its_source_and_node(self):
        agent = self.started("1.0")
        agent.stop()
        spans = {attributes(span)["event.id"]: (resource, span) for resource, _, span in
                 self.told(agent, "resourceSpans")}
        events = {attributes(record)["event.id"]: (scope, resource) for resource, scope, record in
                  self.told(agent, "resourceLogs") if not attributes(record).get("sonde.is_amendment")}
        self.assertTrue(events and events.keys() <= spans.keys(), f"{len(events)} events, {len(spans)} spans")
        for identity, (scope, resource) in events.items():
            about, span = spans[identity]
            self.assertEqual(attributes(span)["event.source"], scope["name"])
            self.assertEqual(attributes(span)["k8s.node.name"], attributes(resource)["k8s.node.name"])
            self.assertEqual(attributes(about)["service.name"], "sonde")
            self.assertLessEqual(int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"]))
        traces = [span["traceId"] for _, span in spans.values()]
        self.assertEqual(len(set(traces)), len(traces), "events of no trace share none")

    def test_there_are_no_spans_until_they_are_asked_for(self):
        agent = self.started("0")
        self.assertEqual(self.told(agent, "resourceSpans"), [])
        agent.write(PROCESS + HOST + CONTEXT.format("1.0") + OTLP)
        self.assertEqual(agent.post("/reload").status, 200)
        wait_for("spans", lambda: subprocess.run(["true"], check=True) and self.told(agent, "resourceSpans"))
        self.assertEqual(agent.stop(), 0)


if __name__ == "__main__":
    harness.main()
