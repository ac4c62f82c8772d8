// SPDX-License-Identifier: Apache-2.0
// What the tracker and the DNS monitor count, as metrics of the host. Their counters only grow, so each look adds the
// difference. Used by the data thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include <sonde/host.hpp>

#include "ebpf/connection/tracker.hpp"
#include "ebpf/dns/monitor.hpp"

namespace sonde::ebpf::flow {

class flow_meters final {
public:
    explicit flow_meters(const host& on);

    void count(const connection::tracker& of, dns::monitor& names);
    void walked(std::uint64_t nanoseconds, std::size_t records) {
        walk_time_.set(static_cast<std::int64_t>(nanoseconds));
        walk_records_.set(static_cast<std::int64_t>(records));
    }
    void walk_failed() { walk_failures_.add(); }

private:
    struct followed {
        counter meter;
        std::function<std::uint64_t(const connection::tracker&, dns::monitor&)> read;
        std::uint64_t before = 0;
    };
    using reader = std::function<std::uint64_t(const connection::tracker&, dns::monitor&)>;
    void follow(counter meter, reader read) { followed_.push_back({meter, std::move(read)}); }
    void follow_losses(const host& on);
    void follow_dns(const host& on);

    std::vector<followed> followed_;
    gauge tracked_;
    gauge names_;
    gauge walk_time_;
    gauge walk_records_;
    counter walk_failures_;
};

}  // namespace sonde::ebpf::flow
