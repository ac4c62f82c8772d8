// SPDX-License-Identifier: Apache-2.0
// The one include of a C++ plugin, and the macro that exports its entry:
//   SONDE_PLUGIN("io.example.hello", "1.0.0", "Example Ltd", "Apache-2.0", hello, other_component)
// in exactly one translation unit.
#pragma once

#include <string_view>

#include <sonde/abi/entry.h>
#include <sonde/component.hpp>

namespace sonde::detail {

// The factory tables of a plugin made of Components.
template <class... Components>
struct plugin_factories {
    template <role Role>
    struct of_role {
        static constexpr std::uint32_t count = (0u + ... + (Components::info.role == Role ? 1u : 0u));

        static const sonde_component* component(std::uint32_t index) noexcept {
            const sonde_component* found = nullptr;
            std::uint32_t at = 0;
            ((Components::info.role == Role && at++ == index ? void(found = &component_table<Components>::table)
                                                             : void()),
             ...);
            return found;
        }
        static constexpr sonde_factory table{sizeof(sonde_factory), count, &component};
    };

    static constexpr std::uint32_t roles = (0u | ... | static_cast<std::uint32_t>(Components::info.role));

    static const void* get_factory(const char* id) noexcept {
        const std::string_view wanted = id;
        if (wanted == SONDE_FACTORY_COLLECTOR && of_role<role::collector>::count != 0) {
            return &of_role<role::collector>::table;
        }
        if (wanted == SONDE_FACTORY_ENRICHER && of_role<role::enricher>::count != 0) {
            return &of_role<role::enricher>::table;
        }
        if (wanted == SONDE_FACTORY_ENCODER && of_role<role::encoder>::count != 0) {
            return &of_role<role::encoder>::table;
        }
        return nullptr;
    }
};

}  // namespace sonde::detail

#define SONDE_PLUGIN(plugin_id, plugin_version, plugin_vendor, plugin_license, ...)                                    \
    extern "C" SONDE_EXPORT const sonde_entry sonde_plugin_entry = {                                                   \
        SONDE_ENTRY_MAGIC,                                                                                             \
        sizeof(sonde_entry),                                                                                           \
        SONDE_ABI_MAJOR,                                                                                               \
        SONDE_ABI_MINOR,                                                                                               \
        0,                                                                                                             \
        0,                                                                                                             \
        plugin_id,                                                                                                     \
        plugin_version,                                                                                                \
        plugin_vendor,                                                                                                 \
        plugin_license,                                                                                                \
        SONDE_SDK_BUILD,                                                                                               \
        nullptr,                                                                                                       \
        nullptr,                                                                                                       \
        &::sonde::detail::plugin_factories<__VA_ARGS__>::get_factory};                                                 \
    SONDE_PLUGIN_NOTE(plugin_id, plugin_version, (::sonde::detail::plugin_factories<__VA_ARGS__>::roles));
