#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Configurations that are wrong: nothing is started, the message has the place and what to change, the code is 2."""

import json
import os
import unittest

import harness
import nobody
from harness import JSONL, hello, sonde

PROCESS = '[[collectors]]\ntype = "process"\n'
SECRET = '[[collectors]]\ntype = "holds_secret"\n[collectors.config]\n'
# Name: (text, place, words that the message must have). {line} counts from 1.
CASES = {
    "syntax_error": ('[host]\nlog_level = \n', "2:", ()),
    "unterminated_string": ('[host]\nnode_name = "abc\n', "2:", ()),
    "unknown_section": ("[hosts]\n", "1:", ("hosts", "did you mean 'host'?")),
    "unknown_key": ('[host]\nlog_levle = "info"\n', "2:1", ("log_levle", "did you mean 'log_level'?")),
    "unknown_option": (PROCESS + '[collectors.config]\nscan_intervall = "1s"\n', "4:1",
                       ("scan_intervall", "did you mean 'scan_interval'?")),
    "wrong_type": ("[host]\nlog_level = 7\n", "2:13", ("log_level",)),
    "wrong_type_of_an_option": (PROCESS + "[collectors.config]\nscan_interval = 15\n", "4:17", ("scan_interval",)),
    "unknown_choice": ('[host]\nlog_level = "loud"\n', "2:13", ("log_level", "info")),
    "unknown_choice_of_an_option": (PROCESS + '[collectors.config]\nevents = "al"\n', "4:10", ("events", "auto")),
    "out_of_range": ('[host]\nstop_timeout = "1ms"\n', "2:16", ("stop_timeout", "10ms")),
    "out_of_range_of_an_option": (PROCESS + '[collectors.config]\npoll_interval = "1ms"\n', "4:17",
                                  ("poll_interval", "100ms")),
    "no_type": ("[[collectors]]\nenabled = true\n", "1:", ("type",)),
    "duplicate_names": (PROCESS + PROCESS, "3:", ("process",)),
    "duplicate_names_across_roles": (PROCESS + '[[encoders]]\ntype = "encode_jsonl"\nname = "process"\n', "3:1",
                                     ("process",)),
    "remote_listener": ('[api]\nlisten = "0.0.0.0:3333"\n', "2:", ("allow_remote",)),
    "missing_secret_variable": (SECRET + 'token = "env:E2E_ABSENT"\n', "4:9", ("token", "E2E_ABSENT")),
    "missing_secret_file": (SECRET + 'token = "file:/nowhere/at/all"\n', "4:9", ("token", "/nowhere/at/all")),
    "secret_in_the_clear": (SECRET + 'token = "abc"\n', "4:9", ("token", "file:/path")),
}


class BadConfig(harness.Case):
    def setUp(self):
        super().setUp()
        self.take("process", "encode_jsonl", "holds_secret")
        self.file = self.dir / "sonde.toml"

    def refused(self, file, *words, wrap=()):
        """Both commands say the same and start nothing."""
        for command in ("run", "check-config"):
            done = sonde(command, "--config", file, "--plugin-dir", self.shelf, wrap=wrap,
                         env=harness.environment(SONDE_HOST_RUN_DIR=self.run_dir))
            self.assertEqual(done.returncode, 2, f"{command}: {done.stdout}{done.stderr}")
            self.assertEqual(done.stdout, "")
            for word in words:
                self.assertIn(word, done.stderr, command)
            self.assertNotIn("to=running", done.stderr)
            self.assertEqual(os.listdir(self.run_dir), [])

    def test_every_mistake_is_refused_with_its_place(self):
        for name, (text, place, words) in CASES.items():
            with self.subTest(name):
                self.file.write_text(text)
                self.refused(self.file, f"{self.file}:{place}", *words)

    def test_a_secret_in_the_clear_is_not_repeated(self):
        self.file.write_text(SECRET + 'token = "correct-horse"\n')
        self.assertNotIn("correct-horse", sonde("run", "--config", self.file, "--plugin-dir", self.shelf).stderr)

    def test_all_mistakes_are_told_at_once(self):
        self.file.write_text('[host]\nlog_level = "loud"\nstop_timeout = "x"\n[api]\nmax_connections = 0\n')
        self.refused(self.file, f"{self.file}:2:", f"{self.file}:3:", f"{self.file}:5:")

    def test_files_that_cannot_be_read_are_named(self):
        self.refused(self.dir / "absent.toml", str(self.dir / "absent.toml"), "No such file")
        self.refused(self.dir, str(self.dir), "irectory")
        os.mkfifo(self.dir / "pipe.toml")
        self.refused(self.dir / "pipe.toml", str(self.dir / "pipe.toml"))
        self.file.write_bytes(b"\xff\xfe\x00[host]\n")
        self.refused(self.file, str(self.file))
        self.file.write_text("#" * (5 << 20))
        self.refused(self.file, str(self.file))

    @unittest.skipIf(nobody.OBSTACLE, nobody.OBSTACLE)
    def test_a_file_without_permission_is_named(self):
        self.file.write_text(JSONL)
        self.file.chmod(0)
        self.dir.chmod(0o755)
        os.chown(self.run_dir, nobody.UID, -1)
        self.refused(self.file, str(self.file), "ermission", wrap=nobody.WRAP)

    def test_a_mistake_in_conf_d_is_named_by_its_own_file(self):
        self.file.write_text(JSONL)
        (self.dir / "conf.d").mkdir()
        (self.dir / "conf.d" / "10-more.toml").write_text("[host]\nno_such = 1\n")
        self.refused(self.file, f"{self.dir}/conf.d/10-more.toml:2:1", "no_such")

    def test_a_wrong_variable_of_the_environment_is_named(self):
        self.file.write_text(PROCESS)
        for command in ("run", "check-config"):
            done = sonde(command, "--config", self.file, "--plugin-dir", self.shelf,
                         env=harness.environment(SONDE_HOST_RUN_DIR=self.run_dir, SONDE_PROCESS_SCAN_INTERVAL="soon"))
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("SONDE_PROCESS_SCAN_INTERVAL", done.stderr)

    def test_a_valid_file_is_valid_and_starts_nothing(self):
        self.file.write_text(PROCESS + JSONL + hello())
        done = sonde("check-config", "--config", self.file, "--plugin-dir", self.shelf)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("valid (3 instances, 3 enabled)", done.stdout)
        self.assertIn("no plugin in the plugin directories offers the collector type 'hello'", done.stderr)
        self.assertIn(f"{self.file}:", done.stderr)

    def test_the_printed_default_configuration_validates_and_runs(self):
        printed = sonde("check-config", "--print-default-config", "--plugin-dir", self.shelf)
        self.assertEqual((printed.returncode, printed.stderr), (0, ""))
        self.assertIn("scan_interval", printed.stdout)
        self.file.write_text(printed.stdout)
        done = sonde("check-config", "--config", self.file, "--plugin-dir", self.shelf)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_the_schema_is_json_and_knows_the_options_of_plugins(self):
        done = sonde("check-config", "--json-schema", "--plugin-dir", self.shelf)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        schema = json.loads(done.stdout)
        self.assertIn("$schema", schema)
        for word in ("scan_interval", "rotate_bytes", "log_level", "collectors"):
            self.assertIn(word, done.stdout)

    def test_the_shipped_configuration_is_valid(self):
        self.take("container", "systemd", "ebpf", "host", "enrich_context")
        done = sonde("check-config", "--config", os.environ["E2E_CONFIG"], "--plugin-dir", self.shelf)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    harness.main()
