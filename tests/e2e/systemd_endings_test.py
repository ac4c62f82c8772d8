#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The systemd collector beside a journald, a bus and a systemd that are killed and come back; and where the journals are
that its options choose."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from systemd_case import ENCODER, Systemd, UNITS, WithMachine
import harness
import journals
import machine
from harness import wait_for

RETURN = 5.0
STAYS_AWAY = 1.5
UNITS_HERE = UNITS | {
    # Without this, systemd starts journald again within milliseconds.
    "systemd-journald.service.d/away.conf": f"[Service]\nRestartSec={STAYS_AWAY}s\n",
    "named.service": "[Service]\nExecStart=/bin/sh -c 'echo of the namespace; exec sleep 1000'\nLogNamespace=web\n",
}


def machine_id():
    path = pathlib.Path("/etc/machine-id")
    return path.read_text().strip() if path.exists() else ""


def with_journals(run, log):
    """Words before a command that show it these directories in place of /run and /var/log."""
    return ("unshare", "--mount", "sh", "-c", f'mount --bind {run} /run && mount --bind {log} /var/log && exec "$@"', "sh")


@unittest.skipIf(machine.why_not(), machine.why_not())
class Endings(WithMachine):
    units_of_machine = UNITS_HERE

    def control(self, *words):
        """By systemd's own socket, also while there is no bus."""
        done = self.machine.inside("systemctl", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def kill(self, unit):
        """Ends the unit's process, by its id, and returns once systemd has seen that."""
        pid = self.control("show", "--value", "-p", "MainPID", unit)
        self.assertNotIn(pid, ("", "0"))
        self.machine.inside("kill", "-KILL", pid)  # within the pid namespace of the test's systemd
        wait_for("the end", lambda: self.control("show", "--value", "-p", "MainPID", unit) != pid)

    def active_since(self, unit):
        """When it became active last, by this machine's clock, once it is active."""
        wait_for(f"{unit} to be active", lambda: self.machine.inside("systemctl", "is-active", unit).returncode == 0)
        path = "/org/freedesktop/systemd1/unit/" + "".join(
            each if each.isalnum() else f"_{ord(each):02x}" for each in unit)
        done = self.machine.inside("busctl", "get-property", "org.freedesktop.systemd1", path,
                                   "org.freedesktop.systemd1.Unit", "ActiveEnterTimestamp")
        return int(done.stdout.split()[1]) / 1e6

    def stopped_within(self, agent, since):
        """Waits until it is told that steady.service is no more, and asserts when that was. What stopped while nobody
        listened has been forgotten by systemd, and is missing in the list."""
        line = wait_for(lambda: f"the stop: {self.check(agent)} {self.units(agent)}", lambda: next(
            (each for each in agent.lines() if each["payload"].get("name") == "steady.service" and
             (each["payload"]["action"] == "removed" or each["payload"]["active_state"] == "inactive")), None))
        took = line["time_unix_nano"] / 1e9 - since
        print(f"told {took:.2f} s after the return", flush=True)
        self.assertLess(took, RETURN)

    def kept(self):
        """What journald itself has of the entries that were counted."""
        done = subprocess.run(["journalctl", "-D", str(self.machine.journal), "-o", "json", "--output-fields=MESSAGE",
                               "SYSLOG_IDENTIFIER=counter"], capture_output=True, text=True, timeout=20, check=True)
        return [(each["__CURSOR"], each["MESSAGE"]) for each in map(json.loads, done.stdout.splitlines())]

    def test_of_what_a_journald_that_is_killed_has_kept_nothing_is_lost_or_doubled(self):
        agent = self.agent(self.journal_only(self.machine.journal)).ready()
        written, stop = [0], threading.Event()

        def write():
            while not stop.is_set():
                journals.send(self.machine.dir / "run/systemd/journal/socket",
                              {"MESSAGE": f"number {written[0]}", "SYSLOG_IDENTIFIER": "counter", "PRIORITY": "6"})
                written[0] += 1
                time.sleep(0.003)
        writer = threading.Thread(target=write)
        writer.start()
        self.addCleanup(stop.set)
        counted = lambda: [each for each in agent.lines() if each["payload"].get("identifier") == "counter"]
        for turn in range(3):
            wait_for(lambda: f"entries: {self.check(agent)}", lambda: len(counted()) > 100 * (turn + 1))
            self.kill("systemd-journald.service")
            back = self.active_since("systemd-journald.service")
            # An entry has the time at which journald took it, so when it was told is seen from here.
            wait_for(lambda: f"entries after the return: {self.check(agent)}",
                     lambda: counted()[-1]["time_unix_nano"] / 1e9 > back)
            took = time.time() - back
            print(f"told at most {took:.2f} s after the return", flush=True)
            self.assertLess(took, RETURN)
        stop.set()
        writer.join()
        self.until_messages(agent, [f"number {written[0] - 1}"])
        told = [(each["payload"]["cursor"], each["payload"]["message"]) for each in counted()]
        self.assertEqual(told, self.kept(), "all that journald kept, once each and in order")
        self.assertEqual([message for _, message in told], [f"number {each}" for each in range(written[0])])
        self.assertGreaterEqual(agent.metric("sonde_systemd_journal_files", state="set_aside"), 1, "a kill leaves one")
        self.assertFalse(agent.metric("sonde_systemd_journal_passed_over_total"))

    def test_a_killed_bus_is_listed_again_within_five_seconds(self):
        self.machine.start("steady.service")
        agent = self.synced(self.agent(self.units_only(self.machine.bus, 'unit_names = ["steady.service"]')).ready())
        self.kill("dbus.service")
        self.addCleanup(self.control, "start", "dbus.socket", "dbus.service")
        self.control("stop", "dbus.socket", "dbus.service")  # else whoever connects starts it again
        wait_for(lambda: f"the loss: {self.check(agent)}", lambda: self.check(agent)["units"].get("reason") == "no_bus")
        self.control("stop", "steady.service")
        time.sleep(4)  # the pauses have grown
        self.assertEqual(self.units(agent), [])
        self.control("start", "dbus.socket", "dbus.service")
        self.stopped_within(agent, self.active_since("dbus.service"))
        wait_for(lambda: f"health: {self.check(agent)}", lambda: self.check(agent)["ok"])
        self.assertGreaterEqual(agent.metric("sonde_systemd_bus_lists_total"), 2)
        self.assertEqual(len(self.units(agent)), 1, "only what differs is told")

    def test_systemds_own_socket_that_breaks_off_is_found_again(self):
        self.machine.start("steady.service")
        config = self.units_only(self.machine.private, 'unit_names = ["steady.service"]')
        # There systemd knows its peers by their process ids only, so the agent runs in the same pid namespace.
        agent = self.agent(config, wrap=("nsenter", "-t", str(self.machine.init()), "-p")).ready()
        child = int(pathlib.Path(f"/proc/{agent.pid}/task/{agent.pid}/children").read_text())
        self.addCleanup(agent.process.wait, harness.PATIENCE)
        self.addCleanup(os.kill, child, signal.SIGTERM)
        self.synced(agent)
        self.machine.inside("systemctl", "daemon-reexec")
        wait_for("an answer", lambda: self.machine.inside("systemctl", "is-active", "steady.service").returncode == 0)
        back = time.time()
        self.control("stop", "steady.service")
        self.stopped_within(agent, back)
        self.assertGreaterEqual(agent.metric("sonde_systemd_bus_connects_total"), 2)
        self.assertGreaterEqual(agent.metric("sonde_systemd_bus_lists_total"), 2)

    @unittest.skipIf(not machine_id(), "this machine has no id")
    def test_entries_of_a_namespace_and_no_others_are_read(self):
        (self.dir / "log").mkdir()
        (self.dir / "log/journal").symlink_to(self.machine.journal)
        agent = self.agent(self.options("units = false", 'journal_namespace = "web"', 'begin = "oldest"'),
                           wrap=with_journals(self.machine.dir / "run", self.dir / "log")).ready()
        self.assertEqual(self.entries(agent), [])
        self.machine.start("named.service")
        self.until_messages(agent, ["of the namespace"])
        self.assertEqual({each.get("unit") for each in self.entries(agent)} - {"systemd-journald@web.service"},
                         {"named.service"})
        self.assertTrue(self.check(agent)["ok"])


@unittest.skipIf(os.geteuid() != 0 or journals.why_not() or not machine_id(),
                 journals.why_not() or "file systems in place of /run and /var/log need root and a machine with an id")
class Places(Systemd):
    """The journals of a machine, written by systemd-journal-remote: in memory and kept, of the machine and a namespace."""

    def write(self, place, directory, message):
        (self.dir / place / "journal" / directory).mkdir(parents=True, exist_ok=True)
        journals.write(self.dir / place / "journal" / directory / "system.journal", [{"MESSAGE": message}])

    def instance_of(self, name, *lines):
        return self.options("units = false", 'begin = "oldest"', f'state_name = "{name}"', *lines).replace(
            'type = "systemd"', f'type = "systemd"\nname = "{name}"').replace(ENCODER, "")

    def test_storage_and_namespace_choose_what_is_read(self):
        for place, kind in (("run/log", "volatile"), ("log", "persistent")):
            self.write(place, machine_id(), kind)
            self.write(place, machine_id() + ".web", f"{kind} web")
        self.write("log", "0123456789abcdef0123456789abcdef", "another machine")
        wanted = {
            "any": {"volatile", "persistent"}, "volatile": {"volatile"}, "persistent": {"persistent"},
            "web_any": {"volatile web", "persistent web"}, "web_volatile": {"volatile web"},
            "web_persistent": {"persistent web"}, "late_any": set(), "late_volatile": set(), "late_persistent": set(),
        }
        config = ENCODER
        for name in wanted:
            space, _, storage = name.rpartition("_")
            config += self.instance_of(name, f'journal_storage = "{storage}"',
                                       *([f'journal_namespace = "{space}"'] if space else []))
        agent = self.agent(config, wrap=with_journals(self.dir / "run", self.dir / "log")).ready()

        def told():
            found = {name: set() for name in wanted}
            for each in agent.lines():
                found[each["instance"]].add(each["payload"]["message"])
            return found
        wait_for(lambda: f"{wanted}: {told()}\n{agent.log()[-2000:]}", lambda: told() == wanted)
        for name in wanted:
            if name.startswith("late"):
                self.assertEqual(agent.get(f"/modules/{name}/check").json["journal"]["reason"], "no_journal")
        self.write("run/log", machine_id() + ".late", "volatile late")
        self.write("log", machine_id() + ".late", "persistent late")
        wanted |= {"late_any": {"volatile late", "persistent late"}, "late_volatile": {"volatile late"},
                   "late_persistent": {"persistent late"}}
        wait_for(lambda: f"{wanted}: {told()}\n{agent.log()[-2000:]}", lambda: told() == wanted)
        self.assertEqual(sum(len(each) for each in wanted.values()),
                         sum(agent.metric("sonde_systemd_journal_entries_total", instance_name=name) for name in wanted))


if __name__ == "__main__":
    harness.main()
