// SPDX-License-Identifier: Apache-2.0
// Returns from run with a failure at once, each time it is started: the restart policy has to slow it down.
#include <sonde/text.hpp>

#include "raw_entry.hpp"

namespace {

sonde_rc failing_run(void*, const sonde_run*, sonde_error* error) noexcept {
    return sonde::store({sonde::errc::failed, "ended on purpose", {}}, error);
}

constexpr sonde_ops ops = [] {
    sonde_ops made = raw::good_ops();
    made.run = &failing_run;
    return made;
}();
constexpr sonde_component components[] = {raw::collector("exits_in_run", "Fails as soon as it runs", ops)};

}  // namespace

extern "C" SONDE_EXPORT const sonde_entry sonde_plugin_entry = raw::entry<components>("io.sonde.sample.exits_in_run");
SONDE_PLUGIN_NOTE("io.sonde.sample.exits_in_run", "1.0.0", SONDE_ROLE_COLLECTOR);
