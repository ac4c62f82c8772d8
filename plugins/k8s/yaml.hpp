// SPDX-License-Identifier: Apache-2.0
// A YAML document as a tree of texts, mappings and sequences: as much of YAML as configuration files of Kubernetes use.
// Aliases and several documents are refused; size and depth are bounded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/result.hpp>

namespace sonde::k8s {

struct yaml_node {
    enum class form : std::uint8_t { nothing, text, mapping, sequence };
    form is = form::nothing;
    std::string text;
    std::vector<std::string> keys;  // of a mapping; their values are the items
    std::vector<yaml_node> items;

    // The member `key`; an empty node if there is none.
    [[nodiscard]] const yaml_node& operator[](std::string_view key) const noexcept;
    // The item of a sequence whose member `name` has this text; an empty node if there is none.
    [[nodiscard]] const yaml_node& named(std::string_view name) const noexcept;
    [[nodiscard]] bool is_there() const noexcept { return is != form::nothing; }
    [[nodiscard]] bool is_true() const noexcept { return text == "true"; }
};

[[nodiscard]] result<yaml_node> parse_yaml(std::string_view text);

}  // namespace sonde::k8s
