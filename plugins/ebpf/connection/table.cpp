// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/table.hpp"

namespace sonde::ebpf::connection {
namespace {

// What the kernel has counted, given what was known: monotonic, and beyond 32 bits where the kernel is not.
counters advance(const counters& known, const record& seen) noexcept {
    counters next = larger(known, seen.total);
    if (seen.who.key.protocol == transport::tcp) {
        for (auto member : {&counters::sent_packets, &counters::received_packets, &counters::retransmits}) {
            if (seen.total.*member >> 32 == 0) {
                next.*member = widen(known.*member, static_cast<std::uint32_t>(seen.total.*member));
            }
        }
    }
    return next;
}

// Linux calls a UDP flow assured once the side that began has spoken again after an answer; counters do not tell the
// order, so this is true a little early for one that begins with two datagrams.
bool is_assured(const row& of) noexcept {
    const auto [first, other] = of.way == direction::incoming
                                    ? std::pair(of.total.received_packets, of.total.sent_packets)
                                    : std::pair(of.total.sent_packets, of.total.received_packets);
    return of.who.key.protocol == transport::udp && first >= 2 && other >= 1;
}

// The process that accepted the connection is a better answer than the listener's.
void merge_process(row& into, const record& seen) noexcept {
    if (seen.pid == 0 || (into.is_accepted && !seen.is_accepted)) {
        return;
    }
    into.pid = seen.pid;
    into.tid = seen.tid;
    into.process_start = seen.process_start;
    into.cgroup_id = seen.cgroup_id;
    into.comm = seen.comm;
    into.is_accepted = seen.is_accepted;
}

void take_if(auto& into, auto value) noexcept {
    if (value != 0) {
        into = value;
    }
}

}  // namespace

table::past table::past_of(place at) const noexcept {
    const entry& of = entries_[at];
    return of.has_past ? pasts_[pasts_.find(at)] : past{at, {}, of.of.created};
}

void table::forget_past(place at) noexcept {
    if (entries_[at].has_past) {
        pasts_.erase(pasts_.find(at));
        entries_[at].has_past = false;
    }
}

counters table::kernel_total(place at) const noexcept {
    counters all = entries_[at].of.total;
    if (entries_[at].has_past) {
        add(all, past_of(at).base);
    }
    return all;
}

bool table::merge(place at, const record& seen) {
    entry& into = entries_[at];
    const counters before = kernel_total(at);
    const counters now = advance(before, seen);
    if (now != before) {
        into.of.total = into.has_past ? subtract(now, past_of(at).base).value : now;
        into.last_active = std::max(into.last_active, seen.updated);
    }
    into.of.is_assured = into.of.is_assured || is_assured(into.of);
    merge_process(into.of, seen);
    if (seen.is_way_told) {
        into.of.way = seen.way;
        into.of.is_way_told = true;
    }
    if (seen.updated < into.of.updated) {
        return false;
    }
    into.of.updated = seen.updated;
    into.of.state = seen.state;
    take_if(into.of.established, seen.established);
    take_if(into.of.rtt, seen.rtt);
    take_if(into.of.rtt_variation, seen.rtt_variation);
    take_if(into.of.error, seen.error);
    return true;
}

bool table::begins_anew(place at, const record& seen) const noexcept {
    if (seen.created != past_of(at).kernel_created && seen.created >= entries_[at].of.ended) {
        return true;
    }
    if (seen.who.key.protocol == transport::tcp) {
        return false;
    }
    // A UDP socket goes on after its timeout if it has counted more since.
    const counters known = kernel_total(at);
    return larger(known, seen.total) != known;
}

void table::revive(place at, const record& seen) {
    entry& into = entries_[at];
    const counters known = kernel_total(at);
    // The kernel began anew too if it says another time of creation, or less than before.
    const bool goes_on = seen.created == past_of(at).kernel_created && larger(known, seen.total) == seen.total;
    forget_past(at);
    into.of = seen;
    into.of.id = ++lives_;
    if (goes_on) {
        into.has_past = pasts_.insert({at, known, seen.created}) != pasts_.none;
        into.of.total = subtract(seen.total, known).value;
        into.of.created = seen.updated;
        into.of.has_existed = false;
    }
    into.of.is_assured = is_assured(into.of);
    into.last_active = seen.updated;
    into.now = phase::live;
    ++live_;
}

table::outcome table::update(const record& seen) {
    const place at = entries_.find(seen.who);
    if (seen.who.key.protocol == transport::tcp && (seen.state == tcp_state_close || seen.state == tcp_state_listen)) {
        // A socket that is kept open after its connection ended. If its close record was lost, it vanishes in time.
        if (at != none && entries_[at].now == phase::ended) {
            entries_[at].round = round_;
        }
        return {};
    }
    if (at == none) {
        entry made{seen, seen.updated, round_, phase::live, false};
        made.of.id = ++lives_;
        made.of.is_assured = is_assured(made.of);
        const place found = entries_.insert(made);
        if (found == none) {
            ++(seen.who.key.protocol == transport::tcp ? stats_.overflow_tcp : stats_.overflow_udp);
            return {};
        }
        ++live_;
        return {change::added, found};
    }
    entry& known = entries_[at];
    known.round = round_;
    if (known.now == phase::ended) {
        if (!begins_anew(at, seen)) {
            stats_.stale += known.of.who.key.protocol == transport::tcp ? 1 : 0;
            return {};
        }
        revive(at, seen);
        return {change::added, at};
    }
    stats_.stale += merge(at, seen) ? 0 : 1;
    return {change::updated, at};
}

std::optional<row> table::close(const record& seen) {
    const place at = entries_.find(seen.who);
    if (at == none) {
        row made = seen;
        made.id = ++lives_;
        made.is_assured = is_assured(made);
        return made;
    }
    entry& known = entries_[at];
    known.round = round_;
    if (known.now == phase::ended) {
        if (!begins_anew(at, seen)) {
            ++stats_.repeated;
            return std::nullopt;
        }
        revive(at, seen);
    } else {
        static_cast<void>(merge(at, seen));
    }
    known.of.is_closed = true;
    known.of.is_failed = seen.is_failed;
    known.of.state = seen.state;
    known.of.error = seen.error;
    known.of.ended = seen.ended;
    known.now = phase::ended;
    --live_;
    return known.of;
}

void table::finish(entry& of, std::uint64_t now, const ended& on_end) {
    of.of.is_closed = true;
    of.of.ended = now;
    if (of.of.who.key.protocol == transport::tcp) {
        of.of.state = tcp_state_close;
        of.of.total.closed = 1;
    }
    of.now = phase::ended;
    --live_;
    on_end(of.of);
}

void table::end_round(std::uint64_t now, const ended& on_end) {
    entries_.for_each([&](place at, entry& found) {
        if (found.now == phase::ended) {
            if (found.round != round_) {
                forget_past(at);
                entries_.erase(at);
            }
        } else if (round_ - found.round >= 2) {
            ++stats_.vanished;
            finish(found, now, on_end);
        }
    });
}

void table::expire(std::uint64_t now, const ended& on_end) {
    const auto plain = static_cast<std::uint64_t>(settings_.udp_timeout.count());
    const auto stream = static_cast<std::uint64_t>(settings_.udp_stream_timeout.count());
    entries_.for_each([&](place, entry& found) {
        if (found.now != phase::live || found.of.who.key.protocol != transport::udp) {
            return;
        }
        if (found.last_active + (found.of.is_assured ? stream : plain) <= now) {
            ++stats_.expired;
            finish(found, found.last_active, on_end);
        }
    });
}

void table::erase(place at) noexcept {
    live_ -= entries_[at].now == phase::live ? 1 : 0;
    forget_past(at);
    entries_.erase(at);
}

}  // namespace sonde::ebpf::connection
