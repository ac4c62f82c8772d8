# SPDX-License-Identifier: Apache-2.0
"""Running the agent without privileges: as whoever runs the tests or, for root, as nobody."""

import os
import shutil
import subprocess

import harness

UID = 65534 if os.geteuid() == 0 else os.geteuid()
WRAP = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all",
        "--no-new-privs"] if os.geteuid() == 0 else []


def obstacle():
    """Why that is not possible here; empty if it is."""
    if WRAP and not shutil.which("setpriv"):
        return "there is no setpriv"
    tried = subprocess.run([*WRAP, harness.SONDE, "version"], capture_output=True, text=True, check=False)
    return f"{harness.SONDE} cannot be run by another user: {tried.stderr.strip()}" if tried.returncode else ""


OBSTACLE = obstacle()
