// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/clients.hpp"

namespace sonde::ebpf::connection {

clients::client::client(const client_settings& from)
    : closed(from.max_closed, from.max_failed), saved(from.max_saved) {}

clients::client* clients::find_or_add(std::string_view id, std::uint64_t now) {
    expire(now);
    auto found = clients_.find(id);
    if (found == clients_.end()) {
        if (clients_.size() >= settings_.max_clients) {
            ++stats_.refused;
            return nullptr;
        }
        found = clients_.emplace(std::string(id), settings_).first;
    }
    found->second.last_poll = now;
    return &found->second;
}

bool clients::add(std::string_view id, std::uint64_t now, actives live) {
    const bool is_known = contains(id);
    client* const made = find_or_add(id, now);
    if (made == nullptr || is_known) {
        return made != nullptr;
    }
    made->saved.reserve(live.size());
    for (const row* of : live) {
        if (made->saved.find(of->id) == baseline::none && made->saved.add(of->id, of->total) == baseline::none) {
            break;  // the polls will find no room either, and count it
        }
    }
    return true;
}

void clients::store(const row& ended) {
    for (auto& [id, to] : clients_) {
        to.closed.store(ended, stats_.closed);
    }
}

void clients::take_closed(client& of) {
    if (of.kept_back.empty()) {
        of.closed.take(closed_);
    } else {
        std::swap(closed_, of.kept_back);
        of.kept_back.clear();
        const auto ended = of.closed.rows();
        closed_.insert(closed_.end(), ended.begin(), ended.end());
        of.closed.clear();
    }
    index_closed();
}

void clients::keep_back_unpaired(client& of, std::size_t first_new) {
    for (const row& ended : closed_) {
        present_.push_back(&ended);
    }
    pairing_.index(present_);
    for (std::size_t i = first_new; i < closed_.size(); ++i) {
        const row& ended = closed_[i];
        if (ended.who.key.protocol == transport::tcp && !ended.is_failed && !pairing_.has_peer(ended)) {
            of.kept_back.push_back(ended);
            is_left_out_[i] = 1;
        }
    }
    present_.clear();
}

void clients::index_closed() {
    is_left_out_.assign(closed_.size(), 0);
    closed_by_id_.reset(closed_.size());
    for (std::uint32_t i = 0; i < closed_.size(); ++i) {
        closed_by_id_.add(connection::hash(closed_[i].id, 0), i);
    }
}

bool clients::yields_to_closed(client& of, const row& live) {
    const std::uint32_t at =
        closed_by_id_.find(connection::hash(live.id, 0), [&](std::uint32_t i) { return closed_[i].id == live.id; });
    if (at == chain_index::none) {
        return false;
    }
    row& ended = closed_[at];
    if (ended.who.key == live.who.key) {
        ended.total = larger(ended.total, live.total);
        return true;
    }
    ++stats_.collisions;
    if (const auto saved = of.saved.find(live.id); saved != baseline::none) {
        of.saved.erase(saved);
    }
    if (ended.updated >= live.updated) {
        return true;
    }
    is_left_out_[at] = 1;
    return false;
}

void clients::collect_live(client& of, const row& live) {
    auto at = of.saved.find(live.id);
    const bool is_new = at == baseline::none;
    if (is_new) {
        at = of.saved.add(live.id, {});
    }
    if (at == baseline::none) {
        ++stats_.no_room;
        return;
    }
    baseline::told& saved = of.saved[at];
    if (saved.poll != of.polls) {
        saved.poll = of.polls;
        saved.number = static_cast<std::uint32_t>(live_.size());
        live_.push_back({&live, at, none, is_new});
        return;
    }
    merge_live(live_[saved.number], live);
}

void clients::merge_live(candidate& into, const row& live) {
    const bool is_newer = live.updated > into.of->updated;
    if (into.of->who.key == live.who.key) {
        const counters known = into.merged == none ? into.of->total : merged_[into.merged];
        if (into.merged == none) {
            into.merged = static_cast<std::uint32_t>(merged_.size());
            merged_.emplace_back();
        }
        merged_[into.merged] = larger(known, live.total);
    } else {
        ++stats_.collisions;
        into.merged = is_newer ? none : into.merged;
    }
    into.of = is_newer ? &live : into.of;
}

counters clients::change(const counters& total, const counters& before, bool is_first) {
    const difference made = subtract(total, before);
    stats_.underflows += made.underflow ? 1 : 0;
    counters value = made.value;
    // What a connection has carried before it is first told of knows no ceiling.
    if (!is_first && clip(value)) {
        ++stats_.corrupt;
    }
    return value;
}

// The row is the last of `present_`; `total` must stay.
void clients::push(const row& of, const counters& total, const counters& last) {
    delta told;
    told.of = &of;
    told.place = static_cast<std::uint32_t>(present_.size() - 1);
    told.total = &total;
    told.last = last;
    if (of.is_failed && is_failure(of.error)) {
        told.failures[failure_place(of.error)] = 1;
    }
    // A failure is told for whatever reason, also one that has no count of its own.
    if (is_zero(told) && !of.is_failed) {
        return;
    }
    told.nat = of.nat.get();
    told.local_port = of.who.key.local.port;
    told.remote_port = of.who.key.remote.port;
    told.way = of.way;
    told.rtt = of.rtt;
    told.rtt_variation = of.rtt_variation;
    deltas_.push_back(told);
}

void clients::tell_closed(client& of) {
    for (std::size_t i = 0; i < closed_.size(); ++i) {
        row& ended = closed_[i];
        if (is_left_out_[i] != 0) {
            continue;
        }
        present_.push_back(&ended);
        const auto saved = of.saved.find(ended.id);
        const bool is_first = saved == baseline::none;
        const counters before = is_first ? counters{} : of.saved[saved].value;
        const counters last = change(ended.total, before, is_first);
        ended.total = larger(ended.total, before);
        push(ended, ended.total, last);
        if (!is_first) {
            of.saved.erase(saved);
        }
    }
}

void clients::tell_live(client& of) {
    for (const candidate& live : live_) {
        present_.push_back(live.of);
        baseline::told& saved = of.saved[live.saved];
        const counters& seen = live.merged == none ? live.of->total : merged_[live.merged];
        const counters last = change(seen, saved.value, live.is_new);
        saved.value = larger(seen, saved.value);
        push(*live.of, saved.value, last);
    }
}

clients::answer clients::finish() {
    pairing_.run(present_, deltas_, settings_.ephemeral);
    if (settings_.has_aggregation) {
        aggregate_.run(deltas_, settings_.has_rollup);
    }
    return deltas_;
}

clients::answer clients::poll(std::string_view id, std::uint64_t now, actives live) {
    present_.clear();
    deltas_.clear();
    live_.clear();
    merged_.clear();
    client* const of = find_or_add(id, now);
    if (of == nullptr) {
        return {};
    }
    ++of->polls;
    take_closed(*of);
    // At once and not by doubling: what is reserved and not used costs no memory.
    of->saved.reserve(live.size());
    live_.reserve(live.size());
    present_.reserve(live.size() + closed_.size());
    deltas_.reserve(live.size() + closed_.size());
    for (const row* one : live) {
        if (!yields_to_closed(*of, *one)) {
            collect_live(*of, *one);
        }
    }
    tell_closed(*of);
    tell_live(*of);
    of->saved.keep_only(of->polls);
    return finish();
}

clients::answer clients::poll_closed(std::string_view id, std::uint64_t now, unpaired how) {
    present_.clear();
    deltas_.clear();
    client* const of = find_or_add(id, now);
    if (of == nullptr) {
        return {};
    }
    const std::size_t kept_back = of->kept_back.size();
    take_closed(*of);
    if (how == unpaired::keep_back && closed_.size() - kept_back <= most_kept_back) {
        keep_back_unpaired(*of, kept_back);
    }
    tell_closed(*of);
    return finish();
}

void clients::release() {
    deltas_.clear();
    pairing_.release();
    aggregate_.release();
    release_large(closed_);
    release_large(is_left_out_);
    closed_by_id_.release();
    release_large(live_);
    release_large(merged_);
    release_large(present_);
    release_large(deltas_);
}

void clients::expire(std::uint64_t now) {
    const auto limit = static_cast<std::uint64_t>(settings_.idle_limit.count());
    stats_.idle += std::erase_if(clients_, [&](const auto& entry) { return entry.second.last_poll + limit <= now; });
}

client_stats clients::stats() const noexcept { return stats_; }

}  // namespace sonde::ebpf::connection
