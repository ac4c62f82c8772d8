#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""All that context costs, in one run: the entity store with a large cluster, the pipeline from raw to unified, the age
of events at an encoder, and the requests at an API server. Each part is a benchmark of its own, with options of its
own. Needs root."""

import argparse
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(os.environ.get("SONDE_BUILD", "build/release")).absolute() / "tests/bench"
PARTS = {
    "entity_store": "10,000 pods and 2,000 services read and indexed; look-ups over 64 and over 10,000, in random order",
    "pipeline": "raw to unified, one core",
    "context_latency": "from the kernel's time to an encoder, at 10,000 events a second",
    "context_api": "what agents ask of an API server",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS, help="one part")
    chosen = parser.parse_args().only
    failed = []
    for part, title in PARTS.items():
        if chosen in (None, part):
            print(f"\n=== {part}: {title}", flush=True)
            if subprocess.run([HERE / f"{part}_bench"]).returncode != 0:
                failed.append(part)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
