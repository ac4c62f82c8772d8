// SPDX-License-Identifier: Apache-2.0
// Attributes of a record, a resource or a scope. Their keys are unique, as OTLP requires: what finds its name taken by
// another value goes under a second one, and is left out if the value is there already.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "otlp/messages.hpp"

namespace sonde::schema::otlp {

using key_values = google::protobuf::RepeatedPtrField<pb::KeyValue>;

class attribute_list final {
public:
    explicit attribute_list(key_values& into) : into_(&into) {}

    void put(std::string_view name, std::string second_name, pb::AnyValue&& value);
    // These are nothing if the value is empty, zero or false. The second name is "sonde.envelope." and the first one.
    void text(std::string_view name, std::string_view value);
    void hex(std::string_view name, std::span<const std::uint8_t> value);
    void number(std::string_view name, std::uint64_t value);
    void flag(std::string_view name, bool value);

private:
    [[nodiscard]] const pb::AnyValue* find(std::string_view name) const;
    pb::AnyValue& add(std::string_view name);
    template <class Write>
    void put_own(std::string_view name, Write&& write);

    key_values* into_;
};

}  // namespace sonde::schema::otlp
