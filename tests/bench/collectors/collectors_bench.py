#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the collectors of other systems' records reach, in one run, beside the tools of those systems reading the same.
Needs root."""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
import series

series.run(__doc__, {
    "journal": "systemd's journal, beside journalctl -o export",
    "etcd": "a burst of puts, beside etcdctl watch",
    "cni": "lines of a CNI log",
    "cni_log": "a whole agent on a CNI log that grows by 500 MB a minute and is rotated each ten seconds",
    "exposition": "samples of exposition text",
    "idle": "all of them beside servers in which nothing happens",
})
