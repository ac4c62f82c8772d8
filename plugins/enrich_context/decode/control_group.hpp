// SPDX-License-Identifier: Apache-2.0
// What the path of a control group says of an event's origin, for sources that know no more.
#pragma once

#include <string_view>

#include "enrich_context/decode/decoded.hpp"

namespace sonde::enrich_context::decode {

// Container and pod, unless the envelope names them already.
void place_in(std::string_view control_group, decoded& to);

}  // namespace sonde::enrich_context::decode
