// SPDX-License-Identifier: Apache-2.0
#include "common/host_message.hpp"
#include "enrich_context/store/changes.hpp"
#include "enrich_context/store/learn.hpp"

namespace sonde::enrich_context::store {
namespace {

constexpr std::size_t largest_facts = 4096;

}  // namespace

taken learn_host(knowledge& in, const schema::envelope_view& envelope) {
    std::string_view id;
    wire::reader fields(envelope.data);
    while (const auto field = fields.next()) {
        if (field->number == common::host_field::id) {
            id = field->text();
        }
    }
    if (fields.failed() || envelope.data.empty() || envelope.data.size() > largest_facts) {
        return {.malformed = true};
    }
    const text_id node = in.learn_node(envelope.resource.node_name);
    if (node == 0) {
        return {.state = true};
    }
    const std::uint64_t before = in.revision;
    in.set_host(node, id, envelope.data);
    if (in.revision != before) {
        note_host(in, node);
    }
    return {.state = true};
}

}  // namespace sonde::enrich_context::store
