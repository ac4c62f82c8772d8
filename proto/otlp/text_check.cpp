// SPDX-License-Identifier: Apache-2.0
#include "otlp/text_check.hpp"

#include <algorithm>

#include "envelope_text.hpp"

namespace sonde::schema::otlp {
namespace {

constexpr unsigned most_depth = 64;  // deeper than any schema

// Entries of a map are messages, too.
bool is_clean(const message_plan& plan, std::span<const std::uint8_t> bytes, unsigned depth) {
    wire::reader in(bytes);
    while (const auto field = in.next()) {
        const auto known = std::ranges::lower_bound(plan.fields, field->number, {}, &field_plan::number);
        if (known == plan.fields.end() || known->number != field->number || field->type != SONDE_WIRE_BYTES) {
            continue;
        }
        if (known->kind == field_kind::text && !is_utf8(field->text())) {
            return false;
        }
        if (known->kind == field_kind::message &&
            (depth == most_depth || !is_clean(*known->message, field->bytes, depth + 1))) {
            return false;
        }
    }
    return !in.failed();
}

}  // namespace

bool text_check::holds(std::string_view type, std::span<const std::uint8_t> payload) {
    return is_clean(*plans_.find(type), payload, 0);
}

}  // namespace sonde::schema::otlp
