// SPDX-License-Identifier: Apache-2.0
#include "k8s/owner_index.hpp"

#include <algorithm>

#include <openssl/evp.h>

#include "k8s/kinds.hpp"

namespace sonde::k8s {
namespace {

constexpr int longest_chain = 8;  // a cycle of references must end somewhere

// Static pods name their node as controller: what runs beside them is not their kin.
owner_reference controller_of(const object_facts& object) {
    const owner_facts* const owner = object.controller();
    if (owner == nullptr || owner->kind == "Node") {
        return {};
    }
    return {std::string(owner->kind), std::string(owner->name), std::string(owner->uid)};
}

}  // namespace

owner_index::learned owner_index::learn(const object_facts& object) {
    if (object.uid.empty() || object.event) {
        return {};
    }
    const auto [place, is_new] = entries_.try_emplace(uid_key::of(object.uid));
    owner_reference controller = controller_of(object);
    const bool is_linked = place->second.controller.uid == controller.uid;
    if (!is_linked) {
        unlink(place->second.controller, object.uid);
    }
    const bool is_new_to_owner = !is_linked && link(controller, object);
    place->second = {std::move(controller), parse_trace_id(object.trace_override)};
    return {is_new, is_new_to_owner};
}

void owner_index::forget(std::string_view uid) {
    const auto known = entries_.find(uid_key::of(uid));
    if (known != entries_.end()) {
        unlink(known->second.controller, uid);
        entries_.erase(known);
    }
}

bool owner_index::link(const owner_reference& controller, const object_facts& object) {
    const kind_info* const kind = find_kind(object.kind);
    if (controller.uid.empty() || kind == nullptr) {
        return false;
    }
    created_[uid_key::of(controller.uid)].push_back({kind->kind, std::string(object.name), std::string(object.uid)});
    return true;
}

void owner_index::unlink(const owner_reference& controller, std::string_view uid) {
    const auto known = controller.uid.empty() ? created_.end() : created_.find(uid_key::of(controller.uid));
    if (known == created_.end()) {
        return;
    }
    std::erase_if(known->second, [&](const created_object& each) { return each.uid == uid; });
    if (known->second.empty()) {
        created_.erase(known);
    }
}

lineage owner_index::resolve(const object_facts& object) const {
    if (!object.event) {
        lineage found = follow(controller_of(object), object.uid, parse_trace_id(object.trace_override));
        const auto created = created_.find(uid_key::of(object.uid));
        found.created = created == created_.end() ? nullptr : &created->second;
        return found;
    }
    const reference_facts& involved = object.event->involved;
    if (involved.uid.empty()) {
        return {};
    }
    owner_reference itself{std::string(involved.kind), std::string(involved.name), std::string(involved.uid)};
    const auto known = entries_.find(uid_key::of(involved.uid));
    if (known == entries_.end() && is_watched_(involved.kind)) {
        return {};  // gone, or not seen yet: its owners are not known
    }
    return follow(std::move(itself), {}, parse_trace_id(object.trace_override));
}

lineage owner_index::follow(owner_reference controller, std::string_view own_uid, std::optional<trace_id> trace) const {
    lineage found;
    found.trace = trace;
    for (int step = 0; step < longest_chain && !controller.uid.empty(); ++step) {
        const uid_key key = uid_key::of(controller.uid);
        found.top = std::move(controller);
        const auto known = entries_.find(key);
        if (known == entries_.end()) {
            if (is_watched_(found.top->kind)) {
                found.waits_for = key;
                return found;
            }
            break;
        }
        if (!found.trace) {
            found.trace = known->second.trace;
        }
        controller = known->second.controller;
    }
    if (!found.trace) {
        const std::string_view top = found.top ? std::string_view(found.top->uid) : own_uid;
        found.trace = top.empty() ? std::nullopt : std::optional(derive_trace_id(cluster_, top));
    }
    return found;
}

std::optional<trace_id> parse_trace_id(std::string_view text) noexcept {
    if (text.size() != 32) {
        return std::nullopt;
    }
    trace_id id{};
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0) {
            return std::nullopt;
        }
        id[i / 2] = static_cast<std::uint8_t>(id[i / 2] << 4 | digit);
    }
    return std::ranges::all_of(id, [](std::uint8_t byte) { return byte == 0; }) ? std::nullopt : std::optional(id);
}

trace_id derive_trace_id(std::string_view cluster_uid, std::string_view object_uid) {
    std::string text("sonde.object_trace");
    for (const std::string_view part : {cluster_uid, object_uid}) {
        text.push_back('\0');
        text.append(part);
    }
    text.push_back('\0');
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
    trace_id id{};
    std::copy_n(digest.begin(), id.size(), id.begin());
    return id;
}

}  // namespace sonde::k8s
