// SPDX-License-Identifier: Apache-2.0
// Built for a newer minor of the plugin ABI than this host offers.
#include "raw_entry.hpp"

namespace {

constexpr sonde_ops ops = raw::good_ops();
constexpr sonde_component components[] = {raw::collector("newer_minor", "Never loaded", ops)};
constexpr sonde_entry bad_entry = [] {
    sonde_entry entry = raw::entry<components>("io.sonde.sample.newer_minor");
    entry.abi_minor = SONDE_ABI_MINOR + 1;
    return entry;
}();

}  // namespace

extern "C" SONDE_EXPORT const sonde_entry sonde_plugin_entry = bad_entry;

SONDE_NOTE_ATTRIBUTE static const sonde_note note = {6,
                                                     SONDE_NOTE_DESC_SIZE,
                                                     SONDE_NOTE_TYPE,
                                                     SONDE_NOTE_NAME,
                                                     {SONDE_ABI_MAJOR, SONDE_ABI_MINOR + 1, SONDE_ROLE_COLLECTOR,
                                                      "io.sonde.sample.newer_minor", "1.0.0", SONDE_SDK_BUILD}};
