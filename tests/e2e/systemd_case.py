# SPDX-License-Identifier: Apache-2.0
"""What the tests of the systemd collector have in common: units for a systemd of their own, and how events are found."""

import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support" / "systemd"))
import harness
import machine
from harness import wait_for

ENCODER = '[[encoders]]\ntype = "encode_jsonl"\ndelivery = "lossless"\n'
UNITS = {
    "steady.service": "[Service]\nExecStart=/bin/sleep 1000\n",
    "other.service": "[Service]\nExecStart=/bin/sleep 1000\n",
    "exits.service": "[Service]\nExecStart=/bin/sh -c 'exit 3'\n",
    "flaps.service": "[Unit]\nStartLimitIntervalSec=60\nStartLimitBurst=2\n"
                     "[Service]\nExecStart=/bin/sh -c 'exit 4'\nRestart=always\nRestartSec=100ms\n",
    "once.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n",
}


class Systemd(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("systemd", "encode_jsonl")
        self.state = self.dir / "state"

    def options(self, *lines):
        return "\n".join(['[[collectors]]\ntype = "systemd"\n[collectors.config]', f'state_dir = "{self.state}"', *lines,
                          ENCODER])

    def units_only(self, bus, *lines):
        return self.options("journal = false", f'bus_address = "{bus}"', *lines)

    def journal_only(self, directory, *lines):
        return self.options("units = false", f'journal_directory = "{directory}"', 'begin = "oldest"', *lines)

    def payloads(self, agent, kind):
        return [each["payload"] for each in agent.lines() if each["content_type"] == f"sonde.v1.{kind}"]

    def units(self, agent, name=None, actions=("new", "changed", "removed")):
        return [each for each in self.payloads(agent, "SystemdUnitEvent")
                if each["action"] in actions and name in (None, each["name"])]

    def check(self, agent):
        return agent.get("/modules/systemd/check").json

    def synced(self, agent):
        wait_for(lambda: f"all units: {self.check(agent)}\n{agent.log()}",
                 lambda: any(each["action"] == "synced" for each in self.payloads(agent, "SystemdUnitEvent")))
        return agent

    def entries(self, agent):
        return self.payloads(agent, "JournalEntry")

    def until_messages(self, agent, wanted):
        def probe():
            found = [each.get("message") for each in self.entries(agent)]
            return found if set(wanted) <= set(found) else None
        return wait_for(lambda: f"{len(wanted)} messages: {self.check(agent)}\n{agent.log()[-2000:]}", probe)


class WithMachine(Systemd):
    """Beside a systemd of their own, which all tests of a class share."""

    units_of_machine = UNITS

    @classmethod
    def setUpClass(cls):
        cls.machine = machine.Machine(tempfile.mkdtemp(prefix="sonde-sysd-") + "/m", cls.units_of_machine)
        cls.addClassCleanup(os.rmdir, cls.machine.dir.parent)
        cls.machine.up()
        cls.addClassCleanup(cls.machine.down)
