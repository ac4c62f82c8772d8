// SPDX-License-Identifier: Apache-2.0
// States of pods and nodes: what was told last against what is told now.
#include <algorithm>
#include <vector>

#include "enrich_context/state_change.hpp"
#include "enrich_context/store/learn_kubernetes.hpp"

namespace sonde::enrich_context::store {
namespace {

using numbers::object::object_action;
using numbers::object::object_origin;

constexpr std::uint64_t one_second = 1'000'000'000;

// Lists tell how things are, not that they changed. What a deletion brings is the last state, of whatever time.
bool tells_changes(const object_message& object) noexcept {
    return object.action == object_action::modified &&
           (object.origin == object_origin::watch || object.origin == object_origin::relist);
}

std::uint32_t seconds_of(std::uint64_t time) noexcept {
    const std::uint64_t seconds = time / one_second;
    return seconds <= UINT32_MAX ? static_cast<std::uint32_t>(seconds) : 0;
}

// While nobody watched, the state may have come and gone and come again.
std::optional<std::uint64_t> duration_of(const kept_state& before, const told_state& now,
                                         const object_message& object) noexcept {
    const std::uint64_t from = before.since * one_second;
    const bool is_another_run = now.previous_since != 0 && now.previous_since != from;
    if (object.origin != object_origin::watch || from == 0 || now.since < from || is_another_run) {
        return std::nullopt;
    }
    return now.since - from;
}

std::string_view joined(std::string& buffer, std::string_view one, std::string_view between, std::string_view other) {
    buffer.assign(one).append(other.empty() ? std::string_view{} : between).append(other);
    return buffer;
}

const kept_state* find(const std::vector<kept_state>& states, text_id name) noexcept {
    const auto found = std::ranges::find(states, name, &kept_state::name);
    return found == states.end() ? nullptr : &*found;
}

}  // namespace

void learn_states(knowledge& in, kept_states& kept, std::span<const told_state> told, const object_message& object) {
    std::vector<kept_state> before;
    before.reserve(kept.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
        before.push_back(kept[i]);
    }
    std::vector<kept_state> now;
    now.reserve(told.size());
    for (const told_state& each : told) {
        kept_state made;
        made.name = in.texts.keep(joined(in.pair_buffer, each.prefix, {}, each.name));
        made.value = in.texts.keep(joined(in.pair_buffer, each.value, ": ", each.reason));
        made.since = seconds_of(each.since);
        const kept_state* const previous = find(before, made.name);
        if (previous != nullptr && previous->value != made.value && tells_changes(object)) {
            append({in.view(made.name), in.view(previous->value), in.view(made.value), each.since,
                    duration_of(*previous, each, object)},
                   in.object_changes);
        }
        now.push_back(made);
    }
    kept.assign(now);
    for (const kept_state& each : before) {
        in.texts.drop(each.name);
        in.texts.drop(each.value);
    }
}

void learn_phase(knowledge& in, text_id known, std::string_view told, const object_message& object) {
    const std::string_view before = in.view(known);
    if (!before.empty() && !told.empty() && before != told && tells_changes(object)) {
        append({"Phase", before, told, 0, std::nullopt}, in.object_changes);
    }
}

void forget_states(knowledge& in, kept_states& kept) {
    kept.each_text([&](text_id id) { in.texts.drop(id); });
    kept.assign({});
}

}  // namespace sonde::enrich_context::store
