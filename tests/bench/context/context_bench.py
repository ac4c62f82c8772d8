#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""All that context costs, in one run: the entity store with a large cluster, the pipeline from raw to unified, the age
of events at an encoder, and the requests at an API server. Needs root."""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
import series

series.run(__doc__, {
    "entity_store": "10,000 pods and 2,000 services read and indexed; look-ups over 64 and over 10,000, in random order",
    "pipeline": "raw to unified, one core",
    "context_latency": "from the kernel's time to an encoder, at 10,000 events a second",
    "context_api": "what agents ask of an API server",
})
