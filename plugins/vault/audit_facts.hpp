// SPDX-License-Identifier: Apache-2.0
// What is told of one entry of an audit device; everything in it may leave the agent. The texts are views into whatever
// read the entry.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vault/schema.hpp"
#include "vault/secrecy.hpp"

namespace sonde::vault {

struct hmac_field {
    std::string name;
    std::string_view value;
};

struct audit_facts {
    schema::entry_type type = schema::entry_type::request;
    std::uint64_t time = 0;  // Unix ns
    std::string_view request_id;
    std::string_view operation;
    std::string_view path;
    std::string_view mount_point;
    std::string_view mount_type;
    std::string_view mount_class;
    std::string_view mount_accessor;
    std::string_view namespace_id;
    std::string_view namespace_path;
    std::string_view display_name;
    std::vector<std::string_view> policies;
    std::string_view entity_id;
    std::string_view token_type;
    std::optional<bool> is_allowed;
    std::string_view remote_address;
    std::uint32_t remote_port = 0;
    std::string_view forwarded_from;
    known_errors error;
    std::span<const hmac_field> hmac_fields;
    std::uint32_t hmac_fields_left_out = 0;
    std::vector<std::pair<std::string_view, std::string>> headers;
    std::uint32_t values_withheld = 0;
};

// The same entry has the same id, wherever it is read.
[[nodiscard]] std::array<std::uint8_t, 16> event_id(const audit_facts& of) noexcept;

}  // namespace sonde::vault
