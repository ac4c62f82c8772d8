// SPDX-License-Identifier: Apache-2.0
// Built for the next major of the plugin ABI: no host of this major may load it.
#include "raw_entry.hpp"

namespace {

constexpr sonde_ops ops = raw::good_ops();
constexpr sonde_component components[] = {raw::collector("wrong_major", "Never loaded", ops)};
constexpr sonde_entry bad_entry = [] {
    sonde_entry entry = raw::entry<components>("io.sonde.sample.wrong_major");
    entry.abi_major = SONDE_ABI_MAJOR + 1;
    return entry;
}();

}  // namespace

extern "C" SONDE_EXPORT const sonde_entry sonde_plugin_entry = bad_entry;

SONDE_NOTE_ATTRIBUTE static const sonde_note note = {
    6,
    SONDE_NOTE_DESC_SIZE,
    SONDE_NOTE_TYPE,
    SONDE_NOTE_NAME,
    {SONDE_ABI_MAJOR + 1, 0, SONDE_ROLE_COLLECTOR, "io.sonde.sample.wrong_major", "1.0.0", SONDE_SDK_BUILD}};
