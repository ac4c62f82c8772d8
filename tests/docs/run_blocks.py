#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the commands that the documents show, so that they stay true.

A fenced block whose info string is "sh test" is run by bash (-eu -o pipefail), the blocks of a file in order in one
temporary directory, with the built `sonde` on PATH and REPO naming the source tree. An "output" block right behind it
is compared line by line with what it printed: "..." alone stands for any lines, and "..." inside a line for any text.
"""

import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
LIMIT = 300  # seconds for one block


def blocks(text):
    """Yields (line number, info string, content) of every fenced block."""
    opened = None
    for number, line in enumerate(text.splitlines(), 1):
        fence = re.match(r"\s*(`{3,})\s*(.*)", line)
        if opened is None:
            if fence:
                opened = (number, fence[1], fence[2].strip(), [])
        elif fence and fence[1] == opened[1] and not fence[2]:
            yield opened[0], opened[2], "\n".join(opened[3]) + "\n"
            opened = None
        else:
            opened[3].append(line)


def pattern_of(expected):
    lines = [r"(?:.*\n)*?" if line.strip() == "..." else ".*".join(map(re.escape, line.split("..."))) + r"[ \t]*\n"
             for line in expected.splitlines()]
    return re.compile("".join(lines))


def run(script, directory, environment):
    process = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", script], cwd=directory, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True)
    try:
        said, _ = process.communicate(timeout=LIMIT)
        return process.returncode, said
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return 1, process.communicate()[0] + f"\n(no end after {LIMIT} s)\n"


def check(file, bin_directory):
    """Runs one document; yields a message per failure."""
    environment = os.environ | {"REPO": str(TOP), "PATH": f"{bin_directory}:{os.environ['PATH']}"}
    said = None
    count = 0
    with tempfile.TemporaryDirectory(prefix="sonde-docs-") as directory:
        for line, info, content in blocks(file.read_text(encoding="utf-8")):
            if info == "sh test":
                code, said = run(content, directory, environment)
                count += 1
                if code != 0:
                    yield f"{file}:{line}: ended with {code}:\n{content}--- it printed:\n{said}"
                    return  # later blocks build on this one
            elif info == "output" and said is not None:
                if not pattern_of(content).fullmatch(said):
                    yield f"{file}:{line}: expected\n{content}--- but it printed\n{said}"
                said = None
            else:
                said = None
    if count:
        print(f"docs: {file}: {count} blocks ran")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--bin", required=True, type=pathlib.Path, help="directory of the built sonde")
    arguments.add_argument("files", nargs="+", type=pathlib.Path)
    chosen = arguments.parse_args()
    failures = 0
    for file in chosen.files:
        for message in check(file, chosen.bin.resolve()):
            print(message, file=sys.stderr)
            failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
