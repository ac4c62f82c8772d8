# SPDX-License-Identifier: Apache-2.0
"""What an API server for tests keeps: kinds, objects with their versions and history, selectors, refusals."""

import collections
import json
import re

Kind = collections.namedtuple("Kind", "resource kind namespaced versions")
KINDS = [
    Kind("namespaces", "Namespace", False, ["v1"]), Kind("nodes", "Node", False, ["v1"]),
    Kind("pods", "Pod", True, ["v1"]), Kind("services", "Service", True, ["v1"]),
    Kind("endpoints", "Endpoints", True, ["v1"]), Kind("events", "Event", True, ["v1", "events.k8s.io/v1"]),
    Kind("deployments", "Deployment", True, ["apps/v1"]), Kind("replicasets", "ReplicaSet", True, ["apps/v1"]),
    Kind("daemonsets", "DaemonSet", True, ["apps/v1"]), Kind("statefulsets", "StatefulSet", True, ["apps/v1"]),
    Kind("jobs", "Job", True, ["batch/v1"]), Kind("cronjobs", "CronJob", True, ["batch/v1", "batch/v1beta1"]),
    Kind("configmaps", "ConfigMap", True, ["v1"]), Kind("serviceaccounts", "ServiceAccount", True, ["v1"]),
    Kind("persistentvolumes", "PersistentVolume", False, ["v1"]),
    Kind("persistentvolumeclaims", "PersistentVolumeClaim", True, ["v1"]),
    Kind("endpointslices", "EndpointSlice", True, ["discovery.k8s.io/v1", "discovery.k8s.io/v1beta1"]),
    Kind("horizontalpodautoscalers", "HorizontalPodAutoscaler", True, ["autoscaling/v2"]),
    Kind("poddisruptionbudgets", "PodDisruptionBudget", True, ["policy/v1"]),
    Kind("networkpolicies", "NetworkPolicy", True, ["networking.k8s.io/v1"]),
    Kind("secrets", "Secret", True, ["v1"]),
]
BY_RESOURCE = {each.resource: each for each in KINDS}
BY_KIND = {each.kind: each for each in KINDS}
REASONS = {400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 410: "Expired",
           429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable", 504: "Timeout"}


class Refusal(Exception):
    def __init__(self, code, message, retry_after=None, details=None):
        super().__init__(message)
        self.code, self.message, self.retry_after, self.details = code, message, retry_after, details


def status(code, message, details=None):
    made = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
            "reason": REASONS.get(code, ""), "code": code}
    if details:
        made["details"] = details
    return made


def dump(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


# --- selectors -------------------------------------------------------------------------------------------------------

def field_of(item, path):
    for part in path.split("."):
        item = item.get(part, "") if isinstance(item, dict) else ""
    return "" if item is None else str(item)


def parse_selector(text, is_field):
    """A list of predicates over an object."""
    tests = []
    for term in filter(None, (each.strip() for each in re.split(r",(?![^(]*\))", text))):
        if found := re.fullmatch(r"(\S+)\s+(in|notin)\s+\(([^)]*)\)", term):
            key, verb, values = found[1], found[2], {each.strip() for each in found[3].split(",")}
            tests.append(lambda item, k=key, v=values, want=verb == "in":
                         (k in labels_of(item) and labels_of(item)[k] in v) == want)
        elif found := re.fullmatch(r"([^=!\s]+)\s*(!=|==|=)\s*([^=]*)", term):
            key, verb, value = found.groups()
            def test(item, k=key, v=value, want=verb != "!="):
                have = field_of(item, k) if is_field else labels_of(item).get(k)
                return (have == v) == want
            tests.append(test)
        elif not is_field and re.fullmatch(r"!?[\w./-]+", term):
            tests.append(lambda item, k=term.lstrip("!"), want=not term.startswith("!"):
                         (k in labels_of(item)) == want)
        else:
            raise Refusal(400, f"unable to parse requirement: {term}")
    return tests


def labels_of(item):
    return item["metadata"].get("labels") or {}


# --- state -----------------------------------------------------------------------------------------------------------

class Version:
    """One object as of one resource version; never changed."""
    __slots__ = ("key", "revision", "item", "body")

    def __init__(self, key, revision, item):
        self.key, self.revision, self.item = key, revision, item
        # Objects in lists do not repeat their kind; frames of a watch put it in front.
        self.body = dump({name: value for name, value in item.items() if name not in ("kind", "apiVersion")})


Change = collections.namedtuple("Change", "revision type old new")


class Table:
    """The objects of one kind with their recent history."""

    def __init__(self, kind):
        self.kind = kind
        self.now = {}
        self.history = []
        self.revisions = []
        self.watchers = set()
        self.counts = collections.Counter()

    def remember(self, change, window):
        self.history.append(change)
        self.revisions.append(change.revision)
        if len(self.history) > 2 * window:
            del self.history[:-window], self.revisions[:-window]
        for watcher in list(self.watchers):
            watcher.put_nowait(change)
