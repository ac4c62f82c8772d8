// SPDX-License-Identifier: Apache-2.0
// Network namespaces as the kernel tells of them: made, entered, ended.
#include "ebpf/calls/schema.hpp"
#include "enrich_context/decode/decoders.hpp"

namespace sonde::enrich_context::decode {
namespace {

using ebpf::calls::namespace_action;
using ebpf::calls::namespace_field;
using ebpf::calls::number;

std::string_view type_of(std::uint64_t action) noexcept {
    switch (action) {
    case number(namespace_action::created): return "network.namespace.created";
    case number(namespace_action::entered): return "network.namespace.entered";
    case number(namespace_action::ended): return "network.namespace.ended";
    default: return {};
    }
}

}  // namespace

verdict network_namespace_event(const schema::envelope_view& from, decoded& to) {
    std::uint64_t action = 0;
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    const bool whole = walk(from.data, [&](const wire::field& field) {
        switch (field.number) {
        case number(namespace_field::action): action = field.value; break;
        case number(namespace_field::previous_inode): before = field.value; break;
        case number(namespace_field::inode): after = field.value; break;
        default: break;
        }
    });
    if (!whole || action == 0) {
        return verdict::malformed;
    }
    to.type = type_of(action);
    if (to.type.empty()) {
        return verdict::unknown;
    }
    auto& out = to.message_text.begin();
    if (action == number(namespace_action::ended)) {
        to.message = out.add("network namespace ").add(before).add(" ended").view();
    } else {
        to.message = out.add("from network namespace ").add(before).add(" to ").add(after).view();
    }
    return verdict::event;
}

}  // namespace sonde::enrich_context::decode
