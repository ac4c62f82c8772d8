// SPDX-License-Identifier: Apache-2.0
#include "ebpf/payload/opening.hpp"

#include <algorithm>

namespace sonde::ebpf::payload {

using connection::role;

void opening::add(const segment& heard, const position::step& at) noexcept {
    side& to = heard.is_sent ? sent_ : received_;
    ++segments_;
    to.time = to.full_size == 0 ? heard.time : to.time;
    to.is_cut = to.is_cut || at.gap != 0;
    to.full_size += at.gap + (heard.size - at.overlap);
    if (to.is_cut) {
        return;
    }
    const protocol::bytes fresh = heard.prefix.subspan(std::min<std::size_t>(at.overlap, heard.prefix.size()));
    const std::size_t size = std::min(fresh.size(), to.room.size() - to.size);
    std::ranges::copy(fresh.first(size), to.room.begin() + static_cast<std::ptrdiff_t>(to.size));
    to.size += size;
    to.is_cut = heard.prefix.size() < heard.size || size < fresh.size();
}

opening::verdict opening::judge(role is) const noexcept {
    const role first = is == role::client ? role::client : role::server;
    verdict found{classify_as(first), first};
    if (is == role::unknown && found.of.how != protocol::confidence::certain) {
        const verdict other{classify_as(role::client), role::client};
        found =
            other.of.how == protocol::confidence::certain || found.of.how == protocol::confidence::none ? other : found;
    }
    if (found.of.how == protocol::confidence::needs_more &&
        (segments_ >= most_segments || (sent_.is_cut && received_.is_cut))) {
        found.of = {};
    }
    return found;
}

protocol::classification opening::classify_as(role is) const noexcept {
    return protocol::classify(from_client(is).bytes(), from_server(is).bytes());
}

}  // namespace sonde::ebpf::payload
