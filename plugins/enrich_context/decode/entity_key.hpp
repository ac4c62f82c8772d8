// SPDX-License-Identifier: Apache-2.0
// Keys of entities that need no look-up: what names an object of Kubernetes names its entity, and so does what an event
// says of itself if nobody else has told of it.
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

using key_buffer = text_buffer<640>;
// The key of what an event names although no source has told of it: its container, else its pod by uid, else by
// namespace and name. Processes are known by their start, which events do not always say: none.
[[nodiscard]] std::string_view key_of_untold(const subject& about, key_buffer& buffer);

}  // namespace sonde::enrich_context::decode
