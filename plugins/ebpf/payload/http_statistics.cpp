// SPDX-License-Identifier: Apache-2.0
#include "ebpf/payload/http_statistics.hpp"

#include <algorithm>

namespace sonde::ebpf::payload {

void http_sums::add(const protocol::exchange& ended) noexcept {
    const std::uint16_t status = ended.status;
    const std::uint64_t duration = ended.latency;
    if (ended.trace && (!slowest || duration > slowest->duration)) {
        slowest = http_exemplar{*ended.trace, duration, status};
    }
    duration_min = requests == 0 ? duration : std::min(duration_min, duration);
    duration_max = std::max(duration_max, duration);
    duration_sum += duration;
    ++requests;
    client_errors += status >= 400 && status < 500 ? 1 : 0;
    server_errors += status >= 500 ? 1 : 0;
    const auto bound = std::ranges::lower_bound(duration_bounds, duration);
    ++durations[static_cast<std::size_t>(bound - duration_bounds.begin())];
    const auto known = std::span(statuses).first(known_statuses);
    const auto found = std::ranges::find(known, status, &answered::status);
    if (found != known.end()) {
        ++found->count;
    } else if (known_statuses < most_statuses) {
        statuses[known_statuses++] = {status, 1};
    } else {
        ++statuses.back().count;
    }
}

std::size_t http_statistics::hash::operator()(const service_key& key) const noexcept {
    const std::uint64_t rest = static_cast<std::uint64_t>(key.network_namespace) << 32 |
                               static_cast<std::uint64_t>(key.family) << 8 | static_cast<std::uint64_t>(key.seen_by);
    return connection::hash(key.server, connection::transport::tcp, rest);
}

std::optional<http_statistics::service> http_statistics::find(const service_key& key, std::uint64_t now) {
    if (const auto known = numbers_.find(key); known != numbers_.end()) {
        services_[known->second].used = now;
        return known->second;
    }
    if (services_.size() >= limits_.routes.services) {
        ++counts_.dropped_services;
        return std::nullopt;
    }
    const service fresh = ++last_;
    numbers_.emplace(key, fresh);
    entry& made = services_[fresh];
    made.key = key;
    made.used = now;
    return fresh;
}

void http_statistics::add(service to, const protocol::exchange& ended, std::uint64_t now) {
    const auto at = services_.find(to);
    if (at == services_.end()) {
        return;
    }
    entry& of = at->second;
    of.used = now;
    const std::uint32_t key = static_cast<std::uint32_t>(ended.what) << 16 | ended.route;
    auto found = of.rows.find(key);
    if (found == of.rows.end()) {
        if (rows_ >= limits_.rows) {
            ++counts_.dropped_rows;
            return;
        }
        found = of.rows.emplace(key, row{ended.what, ended.route, {}, {}}).first;
        ++rows_;
    }
    ++counts_.exchanges;
    of.has_fresh = true;
    found->second.fresh.add(ended);
    found->second.total.add(ended);
}

void http_statistics::take(const visitor& visit) {
    for (auto& [number, of] : services_) {
        if (!of.has_fresh) {
            continue;
        }
        of.has_fresh = false;
        for (auto& [key, each] : of.rows) {
            if (each.fresh.requests != 0) {
                visit({of.key, each.method, routes_.text(number, each.route), &each.fresh});
                each.fresh = {};
            }
        }
    }
}

void http_statistics::for_each(const visitor& visit) const {
    for (const auto& [number, of] : services_) {
        for (const auto& [key, each] : of.rows) {
            visit({of.key, each.method, routes_.text(number, each.route), &each.total});
        }
    }
}

void http_statistics::sweep(std::uint64_t now) {
    std::erase_if(services_, [&](const auto& each) {
        const auto& [number, of] = each;
        if (of.has_fresh || now < of.used + limits_.forget_after) {
            return false;
        }
        routes_.forget(number);
        numbers_.erase(of.key);
        rows_ -= of.rows.size();
        return true;
    });
}

}  // namespace sonde::ebpf::payload
