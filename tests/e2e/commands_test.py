#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The commands beside `run`: what they print for people, what for programs, and their exit codes."""

import json

import harness
from harness import JSONL, SAMPLES, hello, sonde

# Command: options that its help must mention.
COMMANDS = {
    ("run",): ("--config", "--plugin-dir"),
    ("check-config",): ("--config", "--plugin-dir", "--print-default-config", "--json-schema", "--reference"),
    ("plugin", "list"): ("--json", "--plugin-dir"),
    ("plugin", "describe"): ("--json", "--plugin-dir"),
    ("plugin", "inspect"): ("--json", "--no-probe"),
    ("status",): ("--json", "--socket", "--config"),
    ("features",): ("--json", "--socket", "--config"),
    ("entities",): ("--filter", "--json", "--instance", "--socket", "--config"),
    ("tap",): ("--where", "--count", "--json", "--text", "--record", "--snapshot", "--socket", "--config"),
    ("replay",): ("--enricher", "--topic", "--json", "--text", "--config", "--plugin-dir"),
    ("version",): ("--json",),
}


class Commands(harness.Case):
    def test_every_command_has_help_that_names_its_options(self):
        overview = sonde("--help")
        self.assertEqual((overview.returncode, overview.stderr), (0, ""))
        for words, options in COMMANDS.items():
            with self.subTest(" ".join(words)):
                self.assertIn(words[0], overview.stdout)
                shown = sonde(*words, "--help")
                self.assertEqual((shown.returncode, shown.stderr), (0, ""))
                self.assertIn("Usage: sonde " + " ".join(words), shown.stdout)
                for each in (*options, "--help"):
                    self.assertIn(each, shown.stdout)
        self.assertEqual(sonde("plugin", "--help").returncode, 0)

    def test_wrong_command_lines_are_told_with_a_hint(self):
        for arguments, words in ((("stauts",), ("unknown command 'stauts'; did you mean 'status'?",)),
                                 ((), ("Usage:",)),
                                 (("run", "--confg", "x"), ("confg", "Usage: sonde run")),
                                 (("run", "surplus"), ("Usage: sonde run",)),
                                 (("run", "--config"), ("config", "Usage: sonde run")),
                                 (("tap", "--count"), ("count",)),
                                 (("run", "--config", "a", "--config", "b"), ("more than once",)),
                                 (("plugin", "lst"), ("Usage: sonde plugin list",)),
                                 (("plugin", "describe"), ("no type was named",)),
                                 (("plugin", "inspect"), ("no file was named",))):
            with self.subTest(arguments):
                done = sonde(*arguments)
                self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
                for each in words:
                    self.assertIn(each, done.stderr)

    def test_version(self):
        text, as_json = sonde("version"), sonde("version", "--json")
        facts = json.loads(as_json.stdout)
        self.assertRegex(facts["version"], r"^\d+\.\d+\.\d+$")
        self.assertTrue(text.stdout.startswith(f"sonde {facts['version']} (plugin ABI {facts['plugin_abi']}"))
        self.assertEqual(sonde("--version").stdout, text.stdout)

    def test_plugin_list(self):
        self.take("process", "encode_jsonl", "hello")
        text = sonde("plugin", "list", "--plugin-dir", self.shelf)
        self.assertEqual((text.returncode, text.stderr), (0, ""))
        rows = {line.split()[1]: line for line in text.stdout.splitlines()[1:]}
        self.assertEqual(set(rows), {"process", "encode_jsonl", "hello"})
        self.assertTrue(rows["encode_jsonl"].startswith("encoder"))
        self.assertIn(str(self.shelf / "hello.so"), rows["hello"])
        listed = json.loads(sonde("plugin", "list", "--json", "--plugin-dir", self.shelf).stdout)
        self.assertEqual(sorted(each["module"]["components"][0]["type"] for each in listed["modules"]),
                         ["encode_jsonl", "hello", "process"])
        self.assertEqual(listed["refused"], [])
        self.assertEqual(sonde("plugin", "list", "--plugin-dir", self.dir / "absent").returncode, 0)

    def test_plugin_describe(self):
        self.take("process", "hello")
        text = sonde("plugin", "describe", "process", "--plugin-dir", self.shelf)
        self.assertEqual(text.returncode, 0)
        for each in ("scan_interval", "15s", "Time between full scans", "raw/process/"):
            self.assertIn(each, text.stdout)
        facts = json.loads(sonde("plugin", "describe", "hello", "--json", "--plugin-dir", self.shelf).stdout)
        self.assertEqual([each["key"] for each in facts["options"]], ["interval", "greeting"])
        unknown = sonde("plugin", "describe", "prozess", "--plugin-dir", self.shelf)
        self.assertEqual(unknown.returncode, 1)
        self.assertIn("did you mean 'process'?", unknown.stderr)

    def test_plugin_inspect(self):
        self.take("hello", "crashes_in_init")
        for name, code, words in (("hello", 0, ("io.sonde.sample.hello", "would be loaded", "library")),
                                  ("crashes_in_init", 1, ("io.sonde.sample.crashes_in_init", "refused", "crashed"))):
            text = sonde("plugin", "inspect", self.shelf / f"{name}.so")
            self.assertEqual(text.returncode, code, text.stderr)
            for each in words:
                self.assertIn(each, text.stdout)
            as_json = sonde("plugin", "inspect", "--json", self.shelf / f"{name}.so")
            self.assertEqual(as_json.returncode, code)
            facts = json.loads(as_json.stdout)
            self.assertEqual(facts["module"]["id"], f"io.sonde.sample.{name}")
            self.assertEqual([each["reason"] for each in facts["refusals"]], ["crashed"] if code else [])
        untried = sonde("plugin", "inspect", "--no-probe", self.shelf / "crashes_in_init.so")
        self.assertEqual(untried.returncode, 0, untried.stdout)
        absent = sonde("plugin", "inspect", self.shelf / "absent.so")
        self.assertEqual(absent.returncode, 1)
        self.assertIn("absent.so", absent.stdout)

    def test_plugin_inspect_finds_plugins_by_a_relative_path(self):
        self.take("hello")
        self.assertEqual(sonde("plugin", "inspect", "hello.so", cwd=self.shelf).returncode, 0)

    def test_status_of_an_agent_that_is_well_and_of_one_that_is_not(self):
        self.take("hello", "encode_jsonl", "throws")
        agent = self.agent(hello() + JSONL).ready()
        agent.until_state("hello", "running")
        well = sonde("status", "--socket", agent.socket)
        self.assertEqual((well.returncode, well.stderr), (0, ""))
        lines = well.stdout.splitlines()
        self.assertEqual(lines[0].split(), ["NAME", "ROLE", "TYPE", "STATE", "HEALTH", "RESTARTS", "REASON"])
        self.assertEqual(lines[1].split(), ["hello", "collector", "hello", "running", "ok", "0"])
        by_config = sonde("status", "--config", agent.config)
        self.assertEqual(by_config.stdout, well.stdout)

        agent.write(hello() + JSONL + '[[collectors]]\ntype = "absent"\n')
        agent.post("/reload")
        unwell = sonde("status", "--socket", agent.socket)
        self.assertEqual(unwell.returncode, 1)
        self.assertIn("no loaded plugin offers the collector type 'absent'", unwell.stdout)
        as_json = sonde("status", "--json", "--socket", agent.socket)
        self.assertEqual(as_json.returncode, 1)
        self.assertEqual({each["name"]: each["state"] for each in json.loads(as_json.stdout)["instances"]},
                         {"hello": "running", "encode_jsonl": "running", "absent": "waiting"})

    def test_samples_are_found_by_the_type_that_they_offer(self):
        done = sonde("plugin", "inspect", SAMPLES / "hello_c.so")
        self.assertIn("offers    collector hello_c", done.stdout)


if __name__ == "__main__":
    harness.main()
