// SPDX-License-Identifier: Apache-2.0
// What a message's descriptor says, to compare hand-written field numbers with.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <google/protobuf/descriptor.h>

namespace sonde::testing {

using numbers = std::map<std::string, std::int64_t>;

inline numbers fields_of(const google::protobuf::Descriptor& message) {
    numbers found;
    for (int i = 0; i < message.field_count(); ++i) {
        found.emplace(message.field(i)->name(), message.field(i)->number());
    }
    return found;
}

inline numbers values_of(const google::protobuf::EnumDescriptor& of) {
    numbers found;
    for (int i = 0; i < of.value_count(); ++i) {
        found.emplace(of.value(i)->name(), of.value(i)->number());
    }
    return found;
}

}  // namespace sonde::testing
