// SPDX-License-Identifier: Apache-2.0
// Throws across the C boundary, which the ABI forbids: one component from configure, one from run.
#include <stdexcept>

#include "raw_entry.hpp"

namespace {

sonde_rc throwing_configure(void*, const sonde_config*, sonde_error*) {
    throw std::runtime_error("thrown on purpose from configure");
}
sonde_rc throwing_run(void*, const sonde_run*, sonde_error*) { throw 42; }

constexpr sonde_ops configure_ops = [] {
    sonde_ops ops = raw::good_ops();
    ops.configure = &throwing_configure;
    return ops;
}();
constexpr sonde_ops run_ops = [] {
    sonde_ops ops = raw::good_ops();
    ops.run = &throwing_run;
    return ops;
}();
constexpr sonde_component components[] = {
    raw::collector("throws_in_configure", "Throws across the boundary when configured", configure_ops),
    raw::collector("throws_in_run", "Throws across the boundary while running", run_ops),
};

}  // namespace

extern "C" SONDE_EXPORT const sonde_entry sonde_plugin_entry = raw::entry<components>("io.sonde.sample.throws");
SONDE_PLUGIN_NOTE("io.sonde.sample.throws", "1.0.0", SONDE_ROLE_COLLECTOR);
