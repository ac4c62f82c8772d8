// SPDX-License-Identifier: Apache-2.0
// Command lines are whatever a process says they are. Arguments are separated by zero bytes, as in /proc.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "enrich_context/service_name/service_name.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view line(reinterpret_cast<const char*>(data), size);
    std::vector<std::string_view> arguments;
    while (!line.empty()) {
        const std::size_t end = std::min(line.find('\0'), line.size());
        arguments.push_back(line.substr(0, end));
        line.remove_prefix(std::min(end + 1, line.size()));
    }
    const std::string name = sonde::enrich_context::service_name::conclude(arguments);
    if (name.size() > size + 6) {  // no longer than what was given, or the name of an interpreter
        std::abort();
    }
    return 0;
}
