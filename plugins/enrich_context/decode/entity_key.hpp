// SPDX-License-Identifier: Apache-2.0
// Keys of entities that need no look-up: what names an object of Kubernetes names its entity.
#pragma once

#include <string_view>

#include "enrich_context/decode/decoded.hpp"

namespace sonde::enrich_context::decode {

struct kubernetes_reference {
    std::string_view kind;  // "Pod"
    std::string_view in_namespace;
    std::string_view name;
    std::string_view uid;
};

// As sonde.v1.EntityEvent.key has it; none for kinds that are no entities, and for pods without a uid.
void write_key(const kubernetes_reference& of, decoded& to);

}  // namespace sonde::enrich_context::decode
