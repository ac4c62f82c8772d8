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

pb::AnyValue& attribute_list::add(std::string_view name) {
    pb::KeyValue* const made = into_->Add();
    set_utf8(name, *made->mutable_key());
    return *made->mutable_value();
}

void attribute_list::put(std::string_view name, std::string second_name, pb::AnyValue&& value) {
    const pb::AnyValue* taken = find(name);
    if (taken == nullptr) {
        add(name) = std::move(value);
        return;
    }
    if (taken->SerializeAsString() == value.SerializeAsString()) {
        return;
    }
    while (find(second_name) != nullptr) {  // ends: there are only so many attributes
        second_name += '_';
    }
    add(second_name) = std::move(value);
}

template <class Write>
void attribute_list::put_own(std::string_view name, Write&& write) {
    if (find(name) == nullptr) {
        write(add(name));  // in its place: most names are free
        return;
    }
    pb::AnyValue value;
    write(value);
    put(name, "sonde.envelope." + std::string(name), std::move(value));
}

void attribute_list::text(std::string_view name, std::string_view value) {
    if (!value.empty()) {
        put_own(name, [&](pb::AnyValue& to) { set_utf8(value, *to.mutable_string_value()); });
    }
}

void attribute_list::hex(std::string_view name, std::span<const std::uint8_t> value) {
    if (!value.empty()) {
        put_own(name, [&](pb::AnyValue& to) { append_hex(value, *to.mutable_string_value()); });
    }
}

void attribute_list::number(std::string_view name, std::uint64_t value) {
    if (value != 0) {
        put_own(name, [&](pb::AnyValue& to) { set_number(value, to); });
    }
}

void attribute_list::flag(std::string_view name, bool value) {
    if (value) {
        put_own(name, [](pb::AnyValue& to) { to.set_bool_value(true); });
    }
}

}  // namespace sonde::schema::otlp
