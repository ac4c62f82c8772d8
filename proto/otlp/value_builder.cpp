// SPDX-License-Identifier: Apache-2.0
#include "otlp/value_builder.hpp"

#include <bit>
#include <limits>

namespace sonde::schema::otlp {

bool value_builder::has_room() {
    is_partial_ = is_partial_ || ++values_ > most_values;
    return !is_partial_;
}

void value_builder::begin(std::string_view key) {
    if (!has_room()) {
        return;
    }
    pb::KeyValue* const made = (open_.empty() ? root_ : open_.back().members)->add_values();
    set_utf8(key, *made->mutable_key());
    slot_ = made->mutable_value();
}

void value_builder::element() {
    if (has_room()) {
        slot_ = open_.back().elements->add_values();
    }
}

void value_builder::open_object() {
    is_partial_ = is_partial_ || ++objects_ > most_levels;
    if (!is_partial_) {
        open_.push_back({.members = slot_->mutable_kvlist_value(), .elements = nullptr});
    }
}

void value_builder::open_list() {
    if (!is_partial_) {
        open_.push_back({.members = nullptr, .elements = slot_->mutable_array_value()});
    }
}

void value_builder::close() {
    if (is_partial_) {
        return;
    }
    objects_ -= open_.back().members != nullptr ? 1 : 0;
    open_.pop_back();
}

void value_builder::scalar(const field_plan& field, const wire::field& value) {
    if (is_partial_) {
        return;
    }
    switch (field.kind) {
    case field_kind::boolean: slot_->set_bool_value(value.value != 0); break;
    case field_kind::int32:
    case field_kind::int64:
    case field_kind::sint32:
    case field_kind::sint64: slot_->set_int_value(signed_value(field, value)); break;
    case field_kind::uint32: slot_->set_int_value(static_cast<std::uint32_t>(value.value)); break;
    case field_kind::uint64: set_number(value.value, *slot_); break;
    case field_kind::real32:
        slot_->set_double_value(double{std::bit_cast<float>(static_cast<std::uint32_t>(value.value))});
        break;
    case field_kind::real64: slot_->set_double_value(std::bit_cast<double>(value.value)); break;
    case field_kind::text: set_utf8(value.text(), *slot_->mutable_string_value()); break;
    case field_kind::enumeration:
    case field_kind::address: append_plain(field, value, *slot_->mutable_string_value()); break;
    case field_kind::bytes:
    case field_kind::message: slot_->set_bytes_value(value.bytes.data(), value.bytes.size()); break;
    }
}

void set_number(std::uint64_t number, pb::AnyValue& to) {
    if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        append_integer(number, *to.mutable_string_value());
    } else {
        to.set_int_value(static_cast<std::int64_t>(number));
    }
}

}  // namespace sonde::schema::otlp
