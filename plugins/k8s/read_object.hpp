// SPDX-License-Identifier: Apache-2.0
// From a parsed object to its facts. Whatever is missing or of another type stays empty.
#pragma once

#include "k8s/documents.hpp"

namespace sonde::k8s {

// `object` must outlive the use of `into`, which is overwritten. `api_version` is that of the list around it.
void read_facts(const simdjson::dom::element& object, const kind_info& kind, std::string_view api_version,
                const filter_settings& kept, object_facts& into);

// The relations of `facts`, which has everything else already.
void read_relations(const simdjson::dom::element& object, kind_id kind, object_facts& facts);

}  // namespace sonde::k8s
