// SPDX-License-Identifier: Apache-2.0
// Crashes when it is initialised. Aborts instead of a bad access, which sanitizers would turn into an exit.
#include <cstdlib>

#include "raw_entry.hpp"

namespace {

sonde_rc bad_init(const sonde_host*, sonde_error*) noexcept { std::abort(); }

constexpr sonde_ops ops = raw::good_ops();
constexpr sonde_component components[] = {raw::collector("crashes_in_init", "Never loaded", ops)};
constexpr sonde_entry bad_entry = [] {
    sonde_entry entry = raw::entry<components>("io.sonde.sample.crashes_in_init");
    entry.init = &bad_init;
    return entry;
}();

}  // namespace

extern "C" SONDE_EXPORT const sonde_entry sonde_plugin_entry = bad_entry;
SONDE_PLUGIN_NOTE("io.sonde.sample.crashes_in_init", "1.0.0", SONDE_ROLE_COLLECTOR);
