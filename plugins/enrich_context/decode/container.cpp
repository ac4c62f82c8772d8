// SPDX-License-Identifier: Apache-2.0
// sonde.v1.ContainerEvent.
#include <array>

#include "container/schema.hpp"
#include "enrich_context/decode/decoders.hpp"

namespace sonde::enrich_context::decode {
namespace {

namespace fields = container::schema;

constexpr std::array<std::string_view, 5> types{"", "container.started", "container.updated", "container.exited",
                                                "container.deleted"};
constexpr auto all_told = static_cast<std::uint64_t>(fields::action::synced);

}  // namespace

verdict container_event(const schema::envelope_view& from, decoded& to) {
    std::uint64_t action = 0;
    std::uint64_t exit_code = 0;
    bool inner = true;
    const bool whole = walk(from.data, [&](const wire::field& field) {
        if (field.number == fields::event_action) {
            action = field.value;
        } else if (field.number == fields::event_container) {
            inner = inner && walk(field.bytes, [&](const wire::field& of) {
                        if (of.number == fields::context_id) {
                            to.about.container_id = of.text();
                        } else if (of.number == fields::context_exit_code) {
                            exit_code = of.value;
                        }
                    });
        }
    });
    if (!whole || !inner) {
        return verdict::malformed;
    }
    if (action == all_told) {
        return verdict::state;
    }
    if (action > all_told) {
        return verdict::unknown;
    }
    if (action == 0) {
        to.fault = "action";
        return verdict::malformed;
    }
    to.type = types[static_cast<std::size_t>(action)];
    const bool is_exit = action == static_cast<std::uint64_t>(fields::action::exited);
    to.severity = is_exit && exit_code != 0 ? severity::warn : severity::info;
    return verdict::event;
}

}  // namespace sonde::enrich_context::decode
