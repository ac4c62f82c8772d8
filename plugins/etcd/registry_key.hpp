// SPDX-License-Identifier: Apache-2.0
// What the keys of a Kubernetes registry say: /registry/[group/]resource/[namespace/]name. Views into the key and into
// static text; nothing is allocated.
#pragma once

#include <optional>
#include <string_view>

namespace sonde::etcd {

struct registry_key {
    std::string_view group;
    std::string_view resource;
    std::string_view kind;        // empty for custom resources
    std::string_view name_space;  // empty for what has none
    std::string_view name;
};

// `registry` is the API server's prefix with its slash, "/registry/". Nothing for other keys, and for what the API
// server keeps there that is no object.
[[nodiscard]] std::optional<registry_key> parse_registry_key(std::string_view key, std::string_view registry) noexcept;

// Whether a part of the key, between slashes, is "secrets": whatever the prefix, its values are nobody's business.
[[nodiscard]] bool names_secrets(std::string_view key) noexcept;

}  // namespace sonde::etcd
