// SPDX-License-Identifier: Apache-2.0
// A loaded plugin file. It stays mapped until the process ends: code, thread-locals and in-flight batches may outlive
// any bookkeeping (docs/adr/0003). Shared by everything that may still call into it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <sonde/abi/entry.h>

#include "config/component_spec.hpp"

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
    // The live table of a component, or null. Valid as long as the module.
    [[nodiscard]] virtual const sonde_component* component(sonde::role role, std::string_view type) const noexcept = 0;
};

using module_ptr = std::shared_ptr<const module>;

}  // namespace sonde::loader
