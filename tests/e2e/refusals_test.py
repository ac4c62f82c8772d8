#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files in the plugin directory that must not be loaded: each is refused by name, and nothing else changes."""

import os
import shutil

import harness
from harness import JSONL, SAMPLES, hello, sonde, wait_for

MACHINE_OFFSET = 18  # e_machine in the ELF header
OTHER_MACHINE = {"x86_64": b"\xb7\x00", "aarch64": b"\x3e\x00"}  # each other's


class Refusals(harness.Case):
    def drop(self, name, data, mode=0o644):
        new = self.shelf / f".{name}.new"
        new.write_bytes(data)
        new.chmod(mode)
        new.rename(self.shelf / f"{name}.so")

    def drop_all(self):
        """One file for each reason."""
        whole = (SAMPLES / "hello.so").read_bytes()
        self.drop("garbage", b"this is no plugin" * 1000)
        self.drop("empty", b"")
        self.drop("truncated", whole[: len(whole) // 2])
        self.drop("writable", whole, 0o666)
        self.drop("foreign", whole[:MACHINE_OFFSET] + OTHER_MACHINE.get(os.uname().machine, b"\x16\x00") +
                  whole[MACHINE_OFFSET + 2:])
        (self.shelf / "link.so").symlink_to(SAMPLES / "hello.so")
        (self.shelf / "directory.so").mkdir()
        for name in ("no_symbol", "wrong_major", "newer_minor", "crashes_in_init"):
            self.take(name)
        return {
            "garbage": {"not_elf"}, "empty": {"not_elf"}, "truncated": {"malformed", "not_elf"},
            "writable": {"unsafe_permissions"}, "foreign": {"wrong_machine"}, "link": {"symlink"},
            "directory": {"not_regular"}, "no_symbol": {"no_entry"}, "wrong_major": {"abi_major"},
            "newer_minor": {"abi_minor"}, "crashes_in_init": {"crashed"},
        }

    def check(self, refused, expected):
        found = {os.path.basename(each["file"]).removesuffix(".so"): each for each in refused}
        self.assertEqual(set(found), set(expected))
        for name, reasons in expected.items():
            with self.subTest(name):
                one = found[name]
                self.assertIn(one["reason"], reasons)
                self.assertTrue(one["text"] and one["remedy"], one)
                self.assertIn(f"{name}.so is refused ({one['reason']}): {one['text']}", one["message"])
                self.assertIn(one["remedy"], one["message"])

    def test_every_bad_file_is_refused_with_reason_and_remedy_and_changes_nothing(self):
        self.take("encode_jsonl", "hello_c")
        agent = self.agent(hello("steady", type_="hello_c") + JSONL).ready()
        agent.goes_on("steady")
        expected = self.drop_all()
        refused = wait_for("all refusals", lambda: (all_of := agent.get("/debug/plugins").json["refused"]) and
                           len(all_of) == len(expected) and all_of)
        self.check(refused, expected)
        for each in refused:
            self.assertGreaterEqual(agent.metric("sonde_plugin_refused", reason=each["reason"]), 1)
            self.assertIn(each["reason"], agent.log())
        agent.goes_on("steady")
        steady = agent.instance("steady")
        self.assertEqual((steady["state"], steady["incarnation"], steady["restarts"]), ("running", 1, 0))
        modules = [each["id"] for each in agent.get("/debug/plugins").json["modules"]]
        self.assertEqual(sorted(modules), ["io.sonde.encode_jsonl", "io.sonde.sample.hello_c"])

        shutil.rmtree(self.shelf / "directory.so")
        for each in expected.keys() - {"directory"}:
            (self.shelf / f"{each}.so").unlink()
        wait_for("the refusals to end", lambda: not agent.get("/debug/plugins").json["refused"])
        self.assertEqual(agent.metric("sonde_plugin_refused") or 0, 0)
        self.assertEqual(agent.stop(), 0)

    def test_a_file_that_is_made_safe_is_taken(self):
        self.take("encode_jsonl", "hello")
        (self.shelf / "hello.so").chmod(0o666)
        agent = self.agent(hello() + JSONL).ready()
        self.assertIn("chmod go-w", agent.get("/debug/plugins").json["refused"][0]["remedy"])
        (self.shelf / "hello.so").chmod(0o644)
        agent.until_state("hello", "running")

    def test_a_plugin_directory_that_others_can_write_to_is_refused(self):
        self.take("encode_jsonl", "hello")
        self.shelf.chmod(0o777)
        agent = self.agent(hello() + JSONL).ready()
        refused = agent.get("/debug/plugins").json["refused"]
        self.assertEqual([each["reason"] for each in refused], ["unsafe_directory"])
        self.assertEqual(agent.instance("hello")["state"], "waiting")

    def test_plugin_list_and_inspect_refuse_the_same_files(self):
        expected = self.drop_all()
        self.take("hello")
        listed = sonde("plugin", "list", "--plugin-dir", self.shelf)
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertIn("hello", listed.stdout)
        self.assertEqual(listed.stderr.count("refused: "), len(expected))
        for name in expected:
            inspected = sonde("plugin", "inspect", self.shelf / f"{name}.so")
            self.assertEqual(inspected.returncode, 1, name)
            self.assertIn(name, inspected.stdout)
            self.assertRegex(inspected.stdout, r"refused +\S")


if __name__ == "__main__":
    harness.main()
