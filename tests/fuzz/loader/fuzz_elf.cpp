// SPDX-License-Identifier: Apache-2.0
// Any bytes as a plugin file: the ELF parser and every check that comes before the file's code is run.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "loader/file_check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace sonde::loader;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto parsed = elf_file::parse(bytes);
    if (parsed && !parsed->version_needs.empty()) {
        return 0;  // the next check reads this process's libraries, which costs milliseconds and finds nothing new
    }
    const file_report report = check_file(bytes, "fuzz.so");
    for (const refusal& each : report.refusals) {
        if (each.message().empty() || each.remedy.empty()) {
            std::abort();
        }
    }
    // Whatever passes has what the loader relies on.
    if (report.refusals.empty() &&
        (!report.facts.has_entry || !report.facts.note || !is_plugin_id(report.facts.note->id))) {
        std::abort();
    }
    return 0;
}
