// SPDX-License-Identifier: Apache-2.0
// Writes an object back as JSON, without what nobody should get: managed fields, annotations that are not asked for,
// and the values of environment variables.
#pragma once

#include <string>

#include "k8s/documents.hpp"

namespace sonde::k8s {

// `api_version` and `kind` are written first if the object does not say them, as objects in lists do not.
void write_filtered(const simdjson::dom::element& object, std::string_view api_version, std::string_view kind,
                    const filter_settings& kept, std::string& out);

}  // namespace sonde::k8s
