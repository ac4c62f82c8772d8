// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/decode/control_group.hpp"

#include "common/container_id.hpp"

namespace sonde::enrich_context::decode {

void place_in(std::string_view control_group, decoded& to) {
    if (to.about.container_id.empty()) {
        to.about.container_id = common::container_id(control_group);
    }
    if (to.about.pod_uid.empty()) {
        to.about.pod_uid = to.pod_text.begin().add(common::pod_uid(control_group)).view();
    }
}

}  // namespace sonde::enrich_context::decode
