// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <fmt/format.h>

#include <sonde/abi/entry.h>

#include "cli/arguments.hpp"

namespace sonde::cli {

int version(const arguments& args) {
    const auto [options, code] =
        start({"sonde version [--json]", "Prints versions.", {{"json", "", "As JSON"}}, {}, {}}, args);
    if (!options) {
        return code;
    }
    if (options->has("json")) {
        fmt::print("{{\"version\":\"{}\",\"plugin_abi\":\"{}.{}\",\"batch_header_revision\":{}}}\n", SONDE_VERSION,
                   SONDE_ABI_MAJOR, SONDE_ABI_MINOR, SONDE_BATCH_HEADER_REVISION);
    } else {
        fmt::print("sonde {} (plugin ABI {}.{}, batch header revision {})\n", SONDE_VERSION, SONDE_ABI_MAJOR,
                   SONDE_ABI_MINOR, SONDE_BATCH_HEADER_REVISION);
    }
    return 0;
}

}  // namespace sonde::cli
