#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An API server for tests, in Python's standard library: it keeps objects and follows the Kubernetes API protocol for
reading them, with TLS and authentication, and misbehaves on demand. See README.md beside this file.

In a test:          server = ApiServer(directory); server.load(objects.cluster(100)); server.start()
As a program:       server.py --pods 10000 --services 2000 --directory DIR
"""

import argparse
import asyncio
import base64
import bisect
import collections
import concurrent.futures
import copy
import gzip
import json
import pathlib
import random
import signal
import ssl
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import certificates
import objects as templates
from stream import Stream
from tables import BY_KIND, BY_RESOURCE, KINDS, REASONS, Change, Refusal, Table, Version, dump, parse_selector, status


class ApiServer:
    def __init__(self, directory, *, seed=1, window=1000, bookmark_interval=60.0, missing=(), users=None, address="127.0.0.1"):
        self.authority = certificates.Authority(pathlib.Path(directory) / "pki")
        self.certificate, self.key = self.authority.issue("kube-apiserver", hosts=("DNS:localhost", f"IP:{address}"))
        self.tokens = dict(users or {"good-token": "agent"})  # token: user
        self.certificate_users = {"agent"}
        self.window = window
        self.bookmark_interval = bookmark_interval
        self.missing = set(missing)  # "group/version" or "group/version/resource"
        self.denied = set()          # resources that nobody may read
        self.faults = []
        self.random = random.Random(seed)
        self.tables = {each.resource: Table(each) for each in KINDS}
        self.revision = 100
        self.compacted = 0
        self.pages = {}
        self.requests = []           # (method, path with query)
        self.arrivals = []           # (monotonic time, token, path with query)
        self.cuts = 0
        self.address, self.port = address, None
        self._tasks = set()

    # ---- life, called from a test's thread ----

    def start(self, port=0):
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(port, ready), daemon=True)
        self._thread.start()
        if not ready.wait(20):
            raise AssertionError("the API server did not start")
        return self

    def stop(self):
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(20)

    @property
    def url(self):
        return f"https://{self.address}:{self.port}"

    def call(self, work, *arguments):
        """Runs `work` on the server's thread and returns its result."""
        done = concurrent.futures.Future()

        def run():
            try:
                done.set_result(work(*arguments))
            except BaseException as problem:  # the caller gets it
                done.set_exception(problem)
        self._loop.call_soon_threadsafe(run)
        return done.result(60)

    # ---- objects: at any time after start; load() also before ----

    def load(self, items):
        """Puts objects in place without history, as if they had been there long since."""
        for item in items:
            self._put(item, remembers=False)
        self.compacted = self.revision

    def apply(self, item):
        """Creates or replaces an object; what is stored is returned."""
        return self.call(self._put, copy.deepcopy(item))

    def delete(self, item):
        return self.call(self._delete, BY_KIND[item["kind"]].resource, self._key(item))

    def bookmark(self):
        """Sends a bookmark on every watch now."""
        def send():
            for table in self.tables.values():
                for watcher in list(table.watchers):
                    watcher.put_nowait("bookmark")
        self.call(send)

    def compact(self):
        """Forgets the history: watches and pages from before now are refused with 410."""
        def forget():
            self.revision += 1
            self.compacted = self.revision
            self.pages.clear()
            for table in self.tables.values():
                table.history.clear()
                table.revisions.clear()
        self.call(forget)

    def cut_all(self, resource=None):
        """Cuts every connection on which a watch (of `resource`) is open."""
        def cut():
            for table in self.tables.values():
                if resource in (None, table.kind.resource):
                    for watcher in list(table.watchers):
                        watcher.put_nowait("cut")
        self.call(cut)

    def fault(self, action, *, verb=None, resource=None, times=1, **more):
        """The next `times` matching requests (verb get, list or watch) get `action`:
        status (code, message, retry_after), cut (after: bytes of the body), truncate (after: likewise, but the answer
        ends as if it were whole), stall (after: likewise, then silence), frame (line: sent first on a watch),
        delay (seconds)."""
        rule = {"action": action, "verb": verb, "resource": resource, "times": times, **more}
        self.call(self.faults.append, rule)
        return rule

    def snapshot(self, resource):
        """namespace/name: resourceVersion, of all objects of a kind."""
        return self.call(lambda: {"/".join(filter(None, key)): str(each.revision)
                                  for key, each in self.tables[resource].now.items()})

    def counts(self):
        """Per resource: lists (first pages), pages, watches, gets, bytes."""
        return self.call(lambda: {name: dict(table.counts) for name, table in self.tables.items() if table.counts})

    def report(self):
        lines = [f"{'resource':<16}{'lists':>8}{'pages':>8}{'watches':>9}{'frames':>9}{'bytes':>14}"]
        for name, each in self.counts().items():
            row = [each.get(what, 0) for what in ("lists", "pages", "watches", "frames", "bytes")]
            lines.append(f"{name:<16}{row[0]:>8}{row[1]:>8}{row[2]:>9}{row[3]:>9}{row[4]:>14}")
        return "\n".join(lines)

    # ---- objects, on the server's thread ----

    @staticmethod
    def _key(item):
        return item["metadata"].get("namespace", ""), item["metadata"]["name"]

    def _put(self, item, remembers=True):
        table = self.tables[BY_KIND[item["kind"]].resource]
        key = self._key(item)
        old = table.now.get(key)
        self.revision += 1
        item["metadata"]["resourceVersion"] = str(self.revision)
        if "uid" not in item["metadata"]:
            item["metadata"]["uid"] = templates.uid_of(item["kind"], *key, str(self.revision))
        new = Version(key, self.revision, item)
        table.now[key] = new
        if remembers:
            table.remember(Change(self.revision, "MODIFIED" if old else "ADDED", old, new), self.window)
        return item

    def _delete(self, resource, key):
        table = self.tables[resource]
        old = table.now.pop(key)
        self.revision += 1
        item = dict(old.item, metadata=dict(old.item["metadata"], resourceVersion=str(self.revision)))
        table.remember(Change(self.revision, "DELETED", old, Version(key, self.revision, item)), self.window)

    def _run(self, port, ready):
        asyncio.run(self._serve(port, ready))

    async def _serve(self, port, ready):
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        context.load_verify_locations(self.authority.certificate)
        context.verify_mode = ssl.CERT_OPTIONAL
        more = {"ssl": context, "limit": 1 << 20, "backlog": 1024}
        listening = await asyncio.start_server(self._connection, self.address, port, **more)
        self.port = listening.sockets[0].getsockname()[1]
        ready.set()
        await self._end.wait()
        listening.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connection(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            while await self._request(reader, writer):
                pass
        except (OSError, asyncio.CancelledError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _request(self, reader, writer):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        except asyncio.IncompleteReadError:
            return False
        method, target, _ = head[0].split(" ", 2)
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(fields.get("content-length", 0)))
        parsed = urllib.parse.urlsplit(target)
        query = dict(urllib.parse.parse_qsl(parsed.query, keep_blank_values=True))
        if parsed.path.startswith("/control/"):
            return await self._control(writer, parsed.path[len("/control/"):], body)
        self.requests.append((method, target))
        self.arrivals.append((time.monotonic(), fields.get("authorization", "").removeprefix("Bearer "), target))
        resource, verb, rule = None, "get", None
        try:
            self._authenticate(fields, writer)
            place = self._place(parsed.path)
            if place:
                resource, namespace, name, version = place
                verb = "get" if name else "watch" if query.get("watch") in ("1", "true") else "list"
            rule = self._take_fault(verb, resource)
            if rule and rule["action"] == "delay":
                await asyncio.sleep(rule["seconds"])
            if rule and rule["action"] == "status":
                raise Refusal(rule["code"], rule.get("message", "made to fail"), rule.get("retry_after"))
            if resource and (resource in self.denied or resource == "secrets"):
                raise Refusal(403, f'{resource} is forbidden: User "agent" cannot {verb} resource "{resource}"')
            if not place:
                await self._send(writer, fields, 200, dump(self._discover(parsed.path)), None, rule)
            elif verb == "watch":
                return await self._watch(writer, self.tables[resource], namespace, version, query, rule)
            elif verb == "list":
                await self._send(writer, fields, 200, self._list(self.tables[resource], namespace, version, query),
                                 self.tables[resource], rule)
            else:
                await self._send(writer, fields, 200, self._get(self.tables[resource], namespace, name, version),
                                 self.tables[resource], rule)
        except Refusal as refusal:
            await self._refuse(writer, refusal)
        return not (rule and rule["action"] in ("cut", "stall"))

    def _authenticate(self, fields, writer):
        if token := fields.get("authorization", "").removeprefix("Bearer "):
            if token in self.tokens:
                return
        elif peer := writer.get_extra_info("peercert"):
            names = {value for part in peer.get("subject", ()) for key, value in part if key == "commonName"}
            if names & self.certificate_users:
                return
        raise Refusal(401, "Unauthorized")

    def _take_fault(self, verb, resource):
        for rule in self.faults:
            if rule["times"] and rule["verb"] in (None, verb) and rule["resource"] in (None, resource):
                rule["times"] -= 1
                if not rule["times"]:
                    self.faults.remove(rule)
                return rule
        return None

    def _place(self, path):
        """Resource, namespace, name and version of a path to objects; nothing for discovery."""
        parts = path.strip("/").split("/")
        if parts[0] == "api" and len(parts) > 2:
            version, rest = parts[1], parts[2:]
        elif parts[0] == "apis" and len(parts) > 3:
            version, rest = "/".join(parts[1:3]), parts[3:]
        else:
            return None
        namespace = ""
        if rest[0] == "namespaces" and len(rest) > 2:
            namespace, rest = rest[1], rest[2:]
        kind = BY_RESOURCE.get(rest[0])
        if not kind or version not in kind.versions or self.missing & {version, f"{version}/{rest[0]}"}:
            raise Refusal(404, "the server could not find the requested resource", details={})
        return rest[0], namespace, rest[1] if len(rest) > 1 else "", version

    def _discover(self, path):
        versions = sorted({version for kind in KINDS for version in kind.versions} - self.missing)
        parts = path.strip("/").split("/")
        if path == "/version":
            return {"major": "1", "minor": "29", "gitVersion": "v1.29.0"}
        if path == "/api":
            return {"kind": "APIVersions", "versions": ["v1"]}
        if path == "/apis":
            groups = collections.defaultdict(list)
            for version in versions:
                if "/" in version:
                    groups[version.split("/")[0]].append({"groupVersion": version, "version": version.split("/")[1]})
            return {"kind": "APIGroupList", "apiVersion": "v1",
                    "groups": [{"name": name, "versions": each, "preferredVersion": each[0]}
                               for name, each in groups.items()]}
        version = "/".join(parts[1:])
        if version in versions:
            return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version,
                    "resources": [{"name": each.resource, "kind": each.kind, "namespaced": each.namespaced,
                                   "verbs": ["get", "list", "watch"]} for each in KINDS
                                  if version in each.versions and f"{version}/{each.resource}" not in self.missing]}
        raise Refusal(404, "the server could not find the requested resource", details={})

    async def _refuse(self, writer, refusal):
        body = (b"Too many requests, please try again later.\n" if refusal.code == 429
                else dump(status(refusal.code, refusal.message, refusal.details)))
        extra = f"Retry-After: {refusal.retry_after}\r\n" if refusal.retry_after is not None else ""
        kind = "text/plain; charset=utf-8" if refusal.code == 429 else "application/json"
        writer.write(f"HTTP/1.1 {refusal.code} {REASONS.get(refusal.code, 'Error')}\r\nContent-Type: {kind}\r\n{extra}"
                     f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()

    async def _send(self, writer, fields, code, body, table, rule):
        encoding = ""
        after = rule.get("after", len(body) // 2) if rule else 0
        if rule and rule["action"] == "truncate":
            body = body[:after]
        if len(body) > 128 * 1024 and "gzip" in fields.get("accept-encoding", ""):
            body, encoding = gzip.compress(body, 1), "Content-Encoding: gzip\r\n"
        if table is not None:
            table.counts["bytes"] += len(body)
        writer.write(f"HTTP/1.1 {code} OK\r\nContent-Type: application/json\r\n{encoding}"
                     f"Content-Length: {len(body)}\r\n\r\n".encode())
        if rule and rule["action"] in ("cut", "stall"):
            writer.write(body[:after])
            await writer.drain()
            self.cuts += 1
            if rule["action"] == "stall":
                await asyncio.sleep(3600)
            return
        writer.write(body)
        await writer.drain()

    def _converted(self, table, version, body):
        """Events of events.k8s.io call the same things by other names."""
        if version != "events.k8s.io/v1":
            return body
        item = json.loads(body)
        item["regarding"], item["note"] = item.pop("involvedObject", {}), item.pop("message", "")
        for name in ("count", "firstTimestamp", "lastTimestamp", "source"):
            item["deprecated" + name[0].upper() + name[1:]] = item.pop(name, None)
        item["reportingController"] = item.pop("reportingComponent", "")
        return dump(item)

    def _tests(self, namespace, query):
        tests = parse_selector(query.get("fieldSelector", ""), True) + parse_selector(query.get("labelSelector", ""), False)
        if namespace:
            tests.append(lambda item: item["metadata"].get("namespace") == namespace)
        return tests

    def _get(self, table, namespace, name, version):
        found = table.now.get((namespace, name))
        table.counts["gets"] += 1
        if not found:
            raise Refusal(404, f'{table.kind.resource} "{name}" not found')
        return self._framed(table, version, found)

    def _framed(self, table, version, found):
        head = f'{{"kind":"{table.kind.kind}","apiVersion":"{version}",'.encode()
        return head + self._converted(table, version, found.body)[1:]

    def _list(self, table, namespace, version, query):
        table.counts["pages"] += 1
        asked = query.get("resourceVersion", "")
        if asked and not asked.isdigit():
            raise Refusal(400, f"Invalid value: {asked}: not a resource version")
        if asked.isdigit() and int(asked) > self.revision:
            raise Refusal(504, f"Too large resource version: {asked}, current: {self.revision}", 1,
                          {"retryAfterSeconds": 1})
        limit = 0 if asked == "0" else int(query.get("limit", "0"))
        if token := query.get("continue"):
            found = self.pages.get(token)
            if found is None or found[0] < self.compacted:
                raise Refusal(410, "The provided continue parameter is too old to display a consistent list result.")
            revision, rest = found
        else:
            table.counts["lists"] += 1
            tests = self._tests(namespace, query)
            rest = [each for _, each in sorted(table.now.items()) if all(test(each.item) for test in tests)]
            revision = self.revision
        page, rest = (rest[:limit], rest[limit:]) if limit else (rest, [])
        metadata = {"resourceVersion": str(revision)}
        if rest:
            metadata["continue"] = base64.urlsafe_b64encode(f"{revision}/{rest[0].key}".encode()).decode()
            metadata["remainingItemCount"] = len(rest)
            self.pages[metadata["continue"]] = (revision, rest)
            if len(self.pages) > 1000:
                del self.pages[next(iter(self.pages))]
        head = dump({"kind": table.kind.kind + "List", "apiVersion": version, "metadata": metadata})
        return head[:-1] + b',"items":[' + b",".join(self._converted(table, version, each.body) for each in page) + b"]}"

    async def _watch(self, writer, table, namespace, version, query, rule):
        tests = self._tests(namespace, query)
        table.counts["watches"] += 1
        writer.write(b"HTTP/1.1 200 OK\r\nCache-Control: no-cache, private\r\nContent-Type: application/json\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n")
        asked = query.get("resourceVersion", "")
        queue = asyncio.Queue()
        stream = Stream(writer, table, self, rule)
        if asked in ("", "0"):
            for each in list(table.now.values()):
                queue.put_nowait(Change(each.revision, "ADDED", None, each))
        elif int(asked) < self.compacted:
            await stream.frame(b"ERROR", dump(status(410, f"too old resource version: {asked} ({self.compacted})")))
            return await stream.end()
        else:
            if table.history and len(table.history) >= self.window and int(asked) < table.history[0].revision - 1:
                await stream.frame(b"ERROR", dump(status(410, f"too old resource version: {asked}")))
                return await stream.end()
            for change in table.history[bisect.bisect_right(table.revisions, int(asked)):]:
                queue.put_nowait(change)
        table.watchers.add(queue)
        try:
            return await self._follow(queue, stream, table, tests, version, query)
        finally:
            table.watchers.discard(queue)

    async def _follow(self, queue, stream, table, tests, version, query):
        until = time.monotonic() + float(query.get("timeoutSeconds", "1800"))
        wants_bookmarks = query.get("allowWatchBookmarks") in ("1", "true")
        next_bookmark = time.monotonic() + self.bookmark_interval
        if stream.rule and stream.rule["action"] == "frame":
            await stream.write(stream.rule["line"])
        while True:
            now = time.monotonic()
            try:
                change = await asyncio.wait_for(queue.get(), max(min(until, next_bookmark) - now, 0.001))
            except asyncio.TimeoutError:
                change = "bookmark" if time.monotonic() < until else None
            if change == "cut":
                stream.writer.transport.abort()
                self.cuts += 1
                return False
            if change in ("bookmark", None):
                next_bookmark = time.monotonic() + self.bookmark_interval
                if wants_bookmarks:
                    await stream.frame(b"BOOKMARK", dump({"kind": table.kind.kind, "apiVersion": version, "metadata": {
                        "resourceVersion": str(self.revision), "creationTimestamp": None}}))
                if change is None:
                    return await stream.end()
                continue
            was = change.old is not None and all(test(change.old.item) for test in tests)
            is_now = change.type != "DELETED" and all(test(change.new.item) for test in tests)
            kind = b"MODIFIED" if was and is_now else b"ADDED" if is_now else b"DELETED" if was else None
            if kind and not await stream.frame(kind, self._framed(table, version, change.new)):
                return False

    async def _control(self, writer, what, body):
        given = json.loads(body or b"{}")
        answer = {}
        if what == "apply":
            answer = self._put(given)
        elif what == "delete":
            self._delete(BY_KIND[given["kind"]].resource, self._key(given))
        elif what == "fault":
            self.faults.append({"verb": None, "resource": None, "times": 1, **given})
        elif what == "counts":
            answer = {name: dict(table.counts) for name, table in self.tables.items() if table.counts}
        else:
            answer = {"error": "apply, delete, fault or counts"}
        text = dump(answer)
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n\r\n".encode() + text)
        await writer.drain()
        return True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", required=True, help="for certificates, a token and a kubeconfig")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--pods", type=int, default=100)
    parser.add_argument("--services", type=int, default=20)
    parser.add_argument("--nodes", type=int, default=5)
    given = parser.parse_args()
    server = ApiServer(given.directory)
    server.load(templates.cluster(given.pods, given.services, given.nodes))
    server.start(given.port)
    directory = pathlib.Path(given.directory).absolute()
    (directory / "kubeconfig").write_text(certificates.kubeconfig(server))
    print(f"{server.url}\nkubeconfig: {directory / 'kubeconfig'}", flush=True)
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
    print(server.report())
    server.stop()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    main()
