// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/pipeline/finding.hpp"

#include <algorithm>
#include <functional>

#include <sonde/wire.hpp>

#include "enrich_context/pipeline/context_bytes.hpp"

namespace sonde::enrich_context::pipeline {
namespace {

bool names_anything(const subject& who) {
    return who.pid != 0 || who.cgroup_id != 0 || !who.container_id.empty() || !who.pod_uid.empty() ||
           !who.pod_name.empty();
}

}  // namespace

// The store's answers to one function do not outlive its next call, so those of the other end are copied first.
void finding::look_up(knowledge& in, const decode::decoded& what) {
    peer_.clear();
    may_improve_ = is_awaited_ = false;
    if (what.has_dialled || what.has_remote || what.has_peer_process) {
        dialled_.clear();
        if (what.has_dialled) {
            const answer dialled = in.find_peer(what.dialled);
            copy_services(dialled.context, dialled_);
            may_improve_ = dialled.may_improve;
        }
        const answer other = ask_peer(in, what);
        may_improve_ = may_improve_ || other.may_improve;
        is_awaited_ = other.is_awaited;
        put_services_first(dialled_, other.context, peer_);
    }
    about_ = in.find(what.about);
    may_improve_ = may_improve_ || (about_.may_improve && names_anything(what.about));
    is_awaited_ = is_awaited_ || about_.is_awaited;
}

// The process at the other end, if the collector saw it, says more than its address.
answer finding::ask_peer(knowledge& in, const decode::decoded& what) {
    if (what.has_peer_process) {
        const answer by_process = in.find(what.peer_process);
        if (!by_process.entity_key.empty() || !what.has_remote) {
            return by_process;
        }
    }
    return what.has_remote ? in.find_peer(what.actual) : answer{};
}

std::uint64_t finding::fingerprint() const noexcept {
    const auto hash = [](bytes of) {
        return std::hash<std::string_view>{}({reinterpret_cast<const char*>(of.data()), of.size()});
    };
    constexpr std::uint64_t spread = 0x9e3779b97f4a7c15;  // 2^64 over the golden ratio
    return hash(about_.context) * spread + hash(peer_);
}

}  // namespace sonde::enrich_context::pipeline
