// SPDX-License-Identifier: Apache-2.0
#include "otlp/attributes.hpp"

#include <utility>

#include "otlp/value_builder.hpp"

namespace sonde::schema::otlp {

const pb::AnyValue* attribute_list::find(std::string_view name) const {
    for (const pb::KeyValue& each : *into_) {
        if (each.key() == name) {
            return &each.value();
        }
    }
    return nullptr;
}

void attribute_list::put(std::string_view name, std::string second_name, pb::AnyValue&& value) {
    const pb::AnyValue* taken = find(name);
    if (taken != nullptr) {
        if (taken->SerializeAsString() == value.SerializeAsString()) {
            return;
        }
        while (find(second_name) != nullptr) {  // ends: there are only so many attributes
            second_name += '_';
        }
        name = second_name;
    }
    pb::KeyValue* const made = into_->Add();
    set_utf8(name, *made->mutable_key());
    *made->mutable_value() = std::move(value);
}

void attribute_list::put_own(std::string_view name, pb::AnyValue&& value) {
    put(name, "sonde.envelope." + std::string(name), std::move(value));
}

void attribute_list::text(std::string_view name, std::string_view value) {
    if (!value.empty()) {
        pb::AnyValue made;
        set_utf8(value, *made.mutable_string_value());
        put_own(name, std::move(made));
    }
}

void attribute_list::hex(std::string_view name, std::span<const std::uint8_t> value) {
    if (!value.empty()) {
        pb::AnyValue made;
        append_hex(value, *made.mutable_string_value());
        put_own(name, std::move(made));
    }
}

void attribute_list::number(std::string_view name, std::uint64_t value) {
    if (value != 0) {
        pb::AnyValue made;
        set_number(value, made);
        put_own(name, std::move(made));
    }
}

void attribute_list::flag(std::string_view name, bool value) {
    if (value) {
        pb::AnyValue made;
        made.set_bool_value(true);
        put_own(name, std::move(made));
    }
}

}  // namespace sonde::schema::otlp
