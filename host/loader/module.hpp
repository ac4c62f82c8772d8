// SPDX-License-Identifier: Apache-2.0
// A plugin file that passed all checks. Its code is mapped when an instance needs it, and stays mapped until the
// process ends: code, thread-locals and in-flight batches may outlive any bookkeeping (docs/adr/0003). Shared by
// everything that may still call into it.
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/abi/entry.h>

#include "config/component_spec.hpp"
#include "loader/refusal.hpp"

namespace sonde::loader {

struct module_info {
    std::filesystem::path file;  // as found; empty for a static module
    std::string digest;          // SHA-256 of the file, hex
    std::string id;
    std::string version;
    std::string vendor;
    std::string license;
    std::string sdk_build;
    std::uint16_t abi_major = 0;
    std::uint16_t abi_minor = 0;
    std::vector<config::component_spec> components;
};

class module {
public:
    virtual ~module() = default;
    [[nodiscard]] virtual const module_info& info() const noexcept = 0;
    // The live table of a component; valid as long as the module. The first call may map and initialise the plugin,
    // on the calling thread. Thread-safe.
    [[nodiscard]] virtual std::expected<const sonde_component*, refusal> component(sonde::role role,
                                                                                   std::string_view type) const = 0;
};

using module_ptr = std::shared_ptr<const module>;

}  // namespace sonde::loader
