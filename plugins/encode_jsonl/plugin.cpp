// SPDX-License-Identifier: Apache-2.0
// The entry of encode_jsonl.so.
#include <sonde/plugin.hpp>

#include "encode_jsonl/encoder.hpp"

SONDE_PLUGIN("io.sonde.encode_jsonl", "0.1.0", "sonde", "Apache-2.0", sonde::encode_jsonl::encoder)
