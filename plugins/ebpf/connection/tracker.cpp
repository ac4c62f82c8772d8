// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/tracker.hpp"

#include <algorithm>

#include <sonde_bpf/connection.h>

namespace sonde::ebpf::connection {

tracker::tracker(const tracker_settings& settings, translate translated)
    : table_(settings.table), clients_(settings.clients), excluded_(settings.excluded),
      translate_(std::move(translated)) {
    read_.reserve(most_prefetched);
}

void tracker::take(std::span<const std::byte> records) {
    while (!records.empty()) {
        read_some(records);
        if (read_.size() > 1) {
            table_.prefetch(read_);
        }
        for (const record& seen : read_) {
            take(seen);
        }
    }
}

void tracker::read_some(std::span<const std::byte>& records) {
    read_.clear();
    while (!records.empty() && read_.size() < most_prefetched) {
        const auto one = records.first(std::min(records.size(), sizeof(sonde_connection)));
        records = records.subspan(one.size());
        if (auto seen = read_record(one)) {
            read_.push_back(*std::move(seen));
        } else {
            ++stats_.malformed[static_cast<std::size_t>(seen.error())];
        }
    }
}

void tracker::take(const record& seen) {
    if (excluded_.match(seen.who.key)) {
        ++stats_.excluded;
        return;
    }
    if (seen.is_closed) {
        if (auto ended = table_.close(seen)) {
            conclude(*ended);
        }
        return;
    }
    const table::outcome outcome = table_.update(seen);
    if (outcome.what == table::change::added) {
        complete(table_[outcome.at]);
    }
}

void tracker::complete(row& of) const {
    of.way = decide_direction(of, bindings_);
    if (!of.nat && translate_) {
        of.nat = translate_(of.who.key);
    }
}

void tracker::conclude(row of) {
    if (of.way == direction::unknown || !of.nat) {
        const direction known = of.way;
        complete(of);
        of.way = known == direction::unknown ? of.way : known;
    }
    ++(of.is_failed ? stats_.failures : stats_.closes);
    clients_.store(of);
}

void tracker::end_round(std::uint64_t now) {
    table_.end_round(now, [&](const row& ended) { conclude(ended); });
    if (!translate_) {
        return;
    }
    // The conntrack entry may have been told of after the connection.
    table_.for_each([&](row& of) {
        if (!of.nat) {
            of.nat = translate_(of.who.key);
        }
    });
}

void tracker::expire(std::uint64_t now, const expired& on_expired) {
    table_.expire(now, [&](const row& ended) {
        if (on_expired) {
            on_expired(ended.who);
        }
        conclude(ended);
    });
    clients_.expire(now);
}

void tracker::release() {
    clients_.release();
    release_large(live_);
}

clients::actives tracker::live() {
    live_.clear();
    live_.reserve(table_.live());
    table_.for_each([&](const row& of) { live_.push_back(&of); });
    return live_;
}

bool tracker::add_client(std::string_view id, std::uint64_t now) { return clients_.add(id, now, live()); }

clients::answer tracker::poll(std::string_view id, std::uint64_t now) { return clients_.poll(id, now, live()); }

clients::answer tracker::poll_closed(std::string_view id, std::uint64_t now, clients::unpaired how) {
    return clients_.poll_closed(id, now, how);
}

}  // namespace sonde::ebpf::connection
