// SPDX-License-Identifier: Apache-2.0
// A good plugin whose component has the type of another plugin's: "hello".
#include "raw_entry.hpp"

namespace {

constexpr sonde_ops ops = raw::good_ops();
constexpr sonde_component components[] = {raw::collector("hello", "Has the type name of the sample hello", ops)};

}  // namespace

extern "C" SONDE_EXPORT const sonde_entry sonde_plugin_entry = raw::entry<components>("io.sonde.sample.duplicate");
SONDE_PLUGIN_NOTE("io.sonde.sample.duplicate", "1.0.0", SONDE_ROLE_COLLECTOR);
