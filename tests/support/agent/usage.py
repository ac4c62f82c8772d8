# SPDX-License-Identifier: Apache-2.0
"""What a process uses, as /proc tells it."""

import os
import pathlib
import re


def processor_seconds(pid):
    """User and system time of all its threads, in whole ticks."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def kibibytes(pid, field):
    """Of /proc/PID/status: VmRSS, RssAnon, VmHWM, ..."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{field}:\s*(\d+) kB", status)[1])
