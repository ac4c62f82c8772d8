# SPDX-License-Identifier: Apache-2.0
"""Agents under test: each with a directory, a configuration and a socket of its own, ended by its process id."""

import http.client
import itertools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support" / "agent"))
import pages

SONDE = os.environ["E2E_SONDE"]
PLUGINS = pathlib.Path(os.environ["E2E_PLUGINS"])
SAMPLES = pathlib.Path(os.environ["E2E_SAMPLES"])
# Below the build directory, since plugins are not loaded from places such as /tmp that everybody can write to.
WORK = os.environ["E2E_WORK"]
INSTRUMENTED = os.environ.get("E2E_SANITIZE", "") not in ("", "OFF")
# Instrumented programs are slow; a limit that only guards against hanging may be generous.
PATIENCE = 60 if INSTRUMENTED else 20
COMPLAINTS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "WARNING: ThreadSanitizer", "runtime error:")

PROCESS = '[[collectors]]\ntype = "process"\n[collectors.config]\nscan_interval = "0s"\npoll_interval = "100ms"\n'
JSONL = '[[encoders]]\ntype = "encode_jsonl"\n'


def hello(name="hello", interval="20ms", greeting="hello", type_="hello"):
    text = f'[[collectors]]\ntype = "{type_}"\nname = "{name}"\n[collectors.config]\ninterval = "{interval}"\n'
    return text if type_ == "hello_c" else text + f'greeting = "{greeting}"\n'


def environment(**more):
    """Ours without SONDE_ variables, which the agent would read as its configuration."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SONDE_", "E2E_", "NODE_NAME"))}
    return kept | more


def wait_for(what, probe, patience=None):
    """The first true answer of `probe`; fails after `patience` seconds."""
    until = time.monotonic() + (patience or PATIENCE)
    while True:
        if found := probe():
            return found
        if time.monotonic() > until:
            raise AssertionError("waited in vain for " + (what() if callable(what) else what))
        time.sleep(0.02)


def sonde(*arguments, wrap=(), **more):
    """Runs a command to its end."""
    more.setdefault("env", environment())
    return subprocess.run([*wrap, SONDE, *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE,
                          stdin=subprocess.DEVNULL, **more)


class Agent:
    numbers = itertools.count(1)

    def __init__(self, case, config, *, plugins, host="", wrap=(), stdout=None, env=None, run_dir=None):
        number = next(self.numbers)
        self.run_dir = case.run_dir if run_dir is None else run_dir
        self.socket = f"{self.run_dir}/sonde.sock"
        self.config = case.dir / f"sonde{number}.toml"
        self.head = (f'[host]\nrun_dir = "{self.run_dir}"\n' if run_dir != "" else "[host]\n") + host + "\n"
        self.write(config)
        self.out = case.dir / f"out{number}.jsonl"
        self.err = case.dir / f"err{number}.log"
        with open(self.out, "ab") as out, open(self.err, "ab") as err:
            dirs = [word for each in plugins for word in ("--plugin-dir", str(each))]
            self.process = subprocess.Popen(
                [*wrap, SONDE, "run", "--config", str(self.config), *dirs], stdin=subprocess.DEVNULL,
                stdout=out if stdout is None else stdout, stderr=err, env=environment(**(env or {})))
        self.pid = self.process.pid

    def write(self, config):
        """Replaces the configuration in one step; takes effect at the next reload."""
        new = self.config.with_suffix(".new")
        new.write_text(self.head + config)
        new.rename(self.config)

    def ask(self, method, path):
        return pages.ask(pages.UnixConnection(self.socket, PATIENCE), method, path)

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path):
        return self.ask("POST", path)

    def is_ready(self):
        try:
            return self.get("/readyz").status == 200
        except (OSError, http.client.HTTPException):
            if self.process.poll() is not None:
                raise AssertionError(f"the agent ended with {self.process.returncode}:\n{self.log()}") from None
            return False

    def ready(self):
        wait_for(lambda: "readiness:\n" + self.log(), self.is_ready)
        return self

    def instance(self, name):
        return next((each for each in self.get("/healthz").json["instances"] if each["name"] == name), None)

    def until_state(self, name, state):
        def probe():
            found = self.instance(name)
            return found if found and found["state"] == state else None
        return wait_for(lambda: f"{name} to be {state}: {self.instance(name)}", probe)

    def metric(self, name, **labels):
        """Sum of the samples of `name` that carry the labels."""
        return pages.total(self.get("/metrics").text, name, labels)

    def log(self):
        return self.err.read_text(errors="replace")

    def lines(self, path=None):
        """What was written so far; a line that is still being written is left out."""
        text = (path or self.out).read_text() if (path or self.out).exists() else ""
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def greetings(self, instance, path=None):
        return [each for each in self.lines(path) if each.get("instance") == instance]

    def goes_on(self, instance="hello", path=None):
        """Waits until further events of the instance have come."""
        before = len(self.greetings(instance, path))
        wait_for(lambda: f"further events of {instance}:\n{self.log()[-3000:]}",
                 lambda: len(self.greetings(instance, path)) > before + 1)

    def listens(self):
        """Waits until the process collector has published its first scan; it hears of events since before that."""
        wait_for(lambda: "a first scan:\n" + self.log(), lambda: self.out.stat().st_size > 0)
        return self

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def end(self):
        try:
            self.stop()
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
        said = self.log()
        for each in COMPLAINTS:
            if each in said:
                raise AssertionError(said)


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="work-", dir=WORK))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        # A socket's path has at most 107 bytes, and a build directory may be deep.
        self.run_dir = tempfile.mkdtemp(prefix="sonde-e2e-")
        self.addCleanup(shutil.rmtree, self.run_dir, ignore_errors=True)
        self.shelf = self.dir / "plugins"
        self.shelf.mkdir(mode=0o755)

    def take(self, *names):
        """Puts plugins onto this test's shelf, as an installer does: written aside, then renamed."""
        for name in names:
            source = PLUGINS / f"{name}.so"
            source = source if source.exists() else SAMPLES / f"{name}.so"
            shutil.copy(source, self.shelf / f".{name}.new")
            os.chmod(self.shelf / f".{name}.new", 0o644)
            os.rename(self.shelf / f".{name}.new", self.shelf / f"{name}.so")

    def agent(self, config, **more):
        more.setdefault("plugins", [self.shelf])
        made = Agent(self, config, **more)
        self.addCleanup(made.end)
        return made


def main():
    """Runs the test file; what was skipped is printed with its reason, and 77 says that everything was."""
    ran = unittest.main(exit=False, verbosity=2).result
    for case, reason in ran.skipped:
        print(f"skipped: {case.id()}: {reason}")
    if not ran.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if ran.skipped and len(ran.skipped) == ran.testsRun else 0)
