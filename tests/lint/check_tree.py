#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rules of the tree that no compiler knows. Prints one line per finding and fails if there is any."""

import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
LONGEST_FILE = 500

HEADERS = {".h", ".hpp"}
CODE = HEADERS | {".c", ".cpp", ".cmake", ".proto", ".py", ".sh"}
TEXT = CODE | {".json", ".map", ".md", ".supp", ".svg", ".toml", ".txt", ".yaml", ".yml"}
NOT_OURS = {"LICENSE"}

# Includes of other people's headers, and the only folders whose headers may have them. Folders below tests/ may use
# anything in their sources.
OWNERS = [
    (re.compile(r"zmq\.h"), ("host/bus/",)),
    (re.compile(r"toml\+\+/"), ("host/config/",)),
    (re.compile(r"boost/dll"), ("host/loader/",)),
    (re.compile(r"boost/(asio|beast)"), ("host/api/",)),
    (re.compile(r"boost/program_options"), ("host/cli/",)),
    (re.compile(r"boost/"), ()),
    (re.compile(r"google/protobuf/|.*\.pb\.h"), ("proto/",)),
    # The library for metrics pages has the name that a plugin has too; its headers end in .h.
    (re.compile(r"spdlog/|prometheus/.*\.h$"), ("host/observe/",)),
    (re.compile(r"bpf/libbpf|bpf/bpf\.h"), ("bpf/",)),
]
# These may not even be in a source file elsewhere.
STRICT = re.compile(r"zmq\.h|toml\+\+/")

INCLUDE = re.compile(r'\s*#\s*include\s*[<"]([^>"]+)[>"]')
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def ours():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=TOP, check=True, capture_output=True, text=True)
    for name in sorted(filter(None, listed.stdout.split("\0"))):
        if (TOP / name).is_file() and not name.startswith("tests/data/"):
            yield name


def is_script(lines):
    return bool(lines) and lines[0].startswith("#!")


def check_code(name, suffix, lines):
    opening = lines[1:2] if is_script(lines) else lines[:1]
    if not opening or "SPDX-License-Identifier: " not in opening[0]:
        yield 1, "the first line is not an SPDX-License-Identifier"
    if len(lines) > LONGEST_FILE:
        yield len(lines), f"longer than {LONGEST_FILE} lines: split it"
    if suffix in HEADERS and "#pragma once" not in lines:
        yield 1, "a header without #pragma once"


def check_includes(name, suffix, lines):
    if name.startswith("tests/"):
        return
    for number, line in enumerate(lines, 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        for pattern, folders in OWNERS:
            if not pattern.match(found[1]):
                continue
            if not name.startswith(folders) and (suffix in HEADERS or STRICT.match(found[1])):
                where = " and ".join(folders) or "source files"
                yield number, f"<{found[1]}> belongs in {where} only"
            break


def anchors(text):
    for line in re.sub(r"^```.*?^```", "", text, flags=re.M | re.S).splitlines():
        if heading := re.match(r"#+ +(.*)", line):
            words = re.sub(r"[^\w\- ]", "", heading[1].strip().lower())
            yield words.replace(" ", "-")


def check_links(name, lines):
    fenced = False
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        if fenced:
            continue
        for target in LINK.findall(re.sub(r"`[^`]*`", "", line)):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            file = (TOP / name).parent / path if path else TOP / name
            if not file.exists():
                yield number, f"the link {target} leads nowhere"
            elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text(encoding="utf-8")):
                yield number, f"{path or name} has no heading #{anchor}"


def check(name):
    suffix = pathlib.PurePath(name).suffix
    text = (TOP / name).read_text(encoding="utf-8")
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if "\t" in line:
            yield number, "a tab"
    if text and not text.endswith("\n"):
        yield len(lines), "no line break at the end"
    if suffix in CODE or pathlib.PurePath(name).name == "CMakeLists.txt" or is_script(lines):
        yield from check_code(name, suffix, lines)
    if suffix in HEADERS | {".c", ".cpp"}:
        yield from check_includes(name, suffix, lines)
    if suffix == ".md":
        yield from check_links(name, lines)


def is_text(name):
    path = pathlib.PurePath(name)
    return path.suffix in TEXT or (path.suffix == "" and (TOP / name).read_bytes()[:2] == b"#!")


def main():
    findings = 0
    for name in ours():
        if name in NOT_OURS or not is_text(name):
            continue
        for line, what in check(name):
            print(f"{name}:{line}: {what}")
            findings += 1
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
