# SPDX-License-Identifier: Apache-2.0
"""Several benchmarks in one run. Each is a benchmark of its own, with options of its own."""

import argparse
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(os.environ.get("SONDE_BUILD", "build/release")).absolute() / "tests/bench"


def run(description, parts):
    """Runs `parts`, names of benchmarks with a line on each, in their order; ends the process with 1 if one failed."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--only", choices=parts, help="one part")
    chosen = parser.parse_args().only
    failed = []
    for part, title in parts.items():
        if chosen in (None, part):
            print(f"\n=== {part}: {title}", flush=True)
            if subprocess.run([HERE / f"{part}_bench"]).returncode != 0:
                failed.append(part)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")
