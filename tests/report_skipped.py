#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""report_skipped.py JUNIT-FILE: one line per test that ctest skipped, with the reason that the test printed."""

import re
import sys
import xml.etree.ElementTree

FRAME = re.compile(r"\[|Running main|Note: ")


def reason(output):
    """What GTEST_SKIP was given, else the first line that the test printed."""
    lines = [line for line in output.splitlines() if line.strip() and not FRAME.match(line)]
    for place, line in enumerate(lines[:-1]):
        if line.endswith(": Skipped"):
            return lines[place + 1]
    return lines[0] if lines else "gave no reason"


def main():
    for case in xml.etree.ElementTree.parse(sys.argv[1]).iter("testcase"):
        if case.find("skipped") is not None:
            print(f"skipped: {case.get('name')}: {reason(case.findtext('system-out') or '')}")


if __name__ == "__main__":
    main()
