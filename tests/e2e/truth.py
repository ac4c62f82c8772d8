# SPDX-License-Identifier: Apache-2.0
"""What was true in a scripted cluster, and unified events compared with it."""

import collections
import json
import re
import time


class Truth:
    """Who had a pid or an address, and when; in Unix nanoseconds."""
    SLACK = 5_000_000  # of the kernel's clock beside ours

    def __init__(self):
        self.lives = collections.defaultdict(list)
        self.addresses = collections.defaultdict(list)
        self.listeners = collections.defaultdict(list)  # by address and port
        self.calls = collections.defaultdict(list)      # by the caller's port
        self.cells = {}

    def born(self, pid, start, cell, end=None):
        self.cells[cell.id] = cell
        life = {"start": start, "end": end, "cell": cell}
        self.lives[pid].append(life)
        return life

    def listens(self, address, port, cell):
        cell.listening.append({"start": time.time_ns(), "end": None, "cell": cell})
        self.listeners[address, port].append(cell.listening[-1])

    @staticmethod
    def _at(records, time):
        found = [each for each in records if each["start"] - Truth.SLACK <= time
                 and (each["end"] is None or time <= each["end"] + Truth.SLACK)]
        exact = [each for each in found if each["start"] <= time and (each["end"] is None or time <= each["end"])]
        return (exact or found or [None])[0]

    def process(self, pid, time):
        found = self._at(self.lives.get(pid, []), time)
        return found and found["cell"]

    def pod_at(self, address, time):
        found = self._at(self.addresses.get(address, []), time)
        return found and found["pod"]

    def other_end(self, connection, time):
        """The pod at the other end of a connection, and its container if it has one part in it."""
        went_to = connection.get("translation", {})
        address = went_to.get("reply_source_address", connection["peer_address"])
        port = went_to.get("reply_source_port", connection["peer_port"])
        found = self._at(self.listeners.get((address, port), []) if connection["role"] == "client"
                         else self.calls.get(port, []), time)
        return (found["cell"].pod, found["cell"]) if found else (self.pod_at(address, time), None)


class Judge:
    """Compares unified events with the truth. `wrong` is what no event may be; `empty` counts reasons."""

    def __init__(self, world):
        self.truth = world.truth
        self.wrong = []
        self.empty = collections.Counter()
        self.judged = 0

    def concerned(self, lines):
        """Of lines of JSON those that are about the scenario or name a part of it; a busy machine tells much else."""
        ids = [*self.truth.cells, *{each.pod.uid for each in self.truth.cells.values()}]
        pids = "|".join(map(str, self.truth.lives))
        ours = re.compile("|".join(ids) + f'|"pid": (?:{pids}),')
        return [json.loads(each) for each in lines if ours.search(each)]

    def judge(self, event):
        payload, time_of, before = event["payload"], event["time_unix_nano"], len(self.wrong)
        if "pid" in event:
            cell = self.truth.process(event["pid"], time_of)
            self._context(payload.get("context", {}), cell and cell.pod, cell, time_of, "context")
            if "connection" in payload and cell:
                connection = payload["connection"]["connection"]
                pod, other = self.truth.other_end(connection, time_of)
                self._context(payload.get("peer", {}), pod, other, time_of, "peer")
        elif payload["type"].startswith("container."):
            cell = self.truth.cells.get(event["container_id"])
            self._context(payload.get("context", {}), cell and cell.pod, cell, time_of, "context")
        elif payload["type"].startswith("k8s.pod."):
            said = payload.get("context", {}).get("pod", {}).get("uid", payload["kubernetes"]["uid"])
            if said != payload["kubernetes"]["uid"]:
                self.wrong.append(f"another pod: {said}")
        self.judged += 1
        for number in range(before, len(self.wrong)):
            self.wrong[number] += f" in {event['event_id']} {payload['type']} pid {event.get('pid')} at {event['time']}"

    def _context(self, told, pod, cell, time_of, end):
        reasons = {each["section"]: each["reason"] for each in told.get("missing", [])}

        def expect(what, is_right):
            if not is_right:
                self.wrong.append(f"{end}: {what} of {pod and pod.name}: {json.dumps(told)[:1500]}")
        if found := told.get("pod"):
            expect("pod", pod and (found["uid"], found["name"], found["namespace"]) == (pod.uid, pod.name, pod.space))
        elif pod:
            expect("reason", reasons.get("pod"))
            self.empty[end, "pod", reasons.get("pod")] += 1
        if found and pod:
            workload = found.get("workload")
            expect("workload", (workload["kind"], workload["name"]) == pod.workload if workload
                   else reasons.get("workload"))
            names = [each["name"] for each in told.get("services", [])]
            is_untold = not names and reasons.get("service") != "not_applicable"
            expect("services", is_untold or set(names) in pod.selected_by(time_of))
            expect("host network", found.get("is_host_network", False) == pod.is_host_network)
            expect("static", found.get("is_static", False) == pod.is_static)
        if container := told.get("container"):
            if cell or pod:
                expect("container", cell and container["id"] == cell.id)
            if cell and found:
                expect("name of the container", container.get("name", cell.name) == cell.name)
                expect("type of the container", container.get("type", cell.kind) == cell.kind)
            if not cell:
                expect("a container of ours", container["id"] not in self.truth.cells)
        elif cell and end == "context":
            expect("reason", reasons.get("container"))
