// SPDX-License-Identifier: Apache-2.0
#include "config/component_spec.hpp"

#include <algorithm>
#include <cstring>

namespace sonde::config {
namespace {

[[nodiscard]] std::string text_of(const char* text) { return text == nullptr ? std::string() : std::string(text); }

[[nodiscard]] std::vector<std::string> texts_of(const char* const* list) {
    std::vector<std::string> copy;
    for (; list != nullptr && *list != nullptr; ++list) {
        copy.emplace_back(*list);
    }
    return copy;
}

}  // namespace

component_spec read_component(const sonde_component& abi, sonde::role role) {
    // Members beyond the writer's struct_size must not be read.
    sonde_component known{};
    std::memcpy(&known, &abi, std::min<std::size_t>(abi.struct_size, sizeof known));
    return {
        .role = role,
        .type = text_of(known.type),
        .summary = text_of(known.summary),
        .description = text_of(known.description),
        .stability = text_of(known.stability),
        .flags = known.flags,
        .options = read_options(known),
        .publishes = texts_of(known.publishes),
        .subscribes = texts_of(known.subscribes),
    };
}

std::string_view name(sonde::role role) noexcept {
    switch (role) {
    case role::collector: return "collector";
    case role::enricher: return "enricher";
    case role::encoder: return "encoder";
    }
    return "unknown";
}

std::string_view section(sonde::role role) noexcept {
    switch (role) {
    case role::collector: return "collectors";
    case role::enricher: return "enrichers";
    case role::encoder: return "encoders";
    }
    return "unknown";
}

}  // namespace sonde::config
