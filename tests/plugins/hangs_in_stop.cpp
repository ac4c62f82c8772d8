// SPDX-License-Identifier: Apache-2.0
// Does not stop: one component never returns from stop, the other ignores the signal and never returns from run.
#include <unistd.h>

#include "raw_entry.hpp"

namespace {

[[noreturn]] void hang() {
    for (;;) {
        ::pause();
    }
}

sonde_rc hanging_stop(void*, std::int64_t, sonde_error*) noexcept { hang(); }
sonde_rc hanging_run(void*, const sonde_run*, sonde_error*) noexcept { hang(); }

constexpr sonde_ops stop_ops = [] {
    sonde_ops ops = raw::good_ops();
    ops.stop = &hanging_stop;
    return ops;
}();
constexpr sonde_ops run_ops = [] {
    sonde_ops ops = raw::good_ops();
    ops.run = &hanging_run;
    return ops;
}();
constexpr sonde_component components[] = {
    raw::collector("hangs_in_stop", "Never returns from stop", stop_ops),
    raw::collector("hangs_in_run", "Never returns from run", run_ops),
};

}  // namespace

extern "C" SONDE_EXPORT const sonde_entry sonde_plugin_entry = raw::entry<components>("io.sonde.sample.hangs_in_stop");
SONDE_PLUGIN_NOTE("io.sonde.sample.hangs_in_stop", "1.0.0", SONDE_ROLE_COLLECTOR);
