// SPDX-License-Identifier: Apache-2.0
// How full the maps of the kernel side are and what memory they take: metrics of the host and a page of the endpoint.
// Entries of hash maps are counted a piece per tick, each map about once a minute. The data thread counts; any thread
// reads.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <sonde/host.hpp>

#include "bpf/support/session.hpp"

namespace sonde::ebpf {

class map_meters final {
public:
    static constexpr std::chrono::nanoseconds interval = std::chrono::seconds(60);

    explicit map_meters(const host& on) : host_(on) {}

    // What was loaded, which outlives the ticks.
    void open(const bpf::session& on);
    void tick(std::chrono::nanoseconds now);

    // [{"map": "udp_flows", "kind": "hash", "capacity": 65536, "memory": 1234, "entries": 3}, ...]; "entries" only of
    // maps whose entries are counted, once they are.
    [[nodiscard]] std::string json() const;

private:
    struct row {
        bpf::map_usage is;
        std::optional<std::uint64_t> entries;
        gauge entries_meter;
        gauge memory_meter;
    };

    void begin_round();

    host host_;
    mutable std::mutex mutex_;  // of the rows
    std::vector<row> rows_;
    std::size_t next_ = 0;  // row of the round under way; the number of rows: none is
    std::optional<bpf::entry_count> counting_;
    std::chrono::nanoseconds next_round_{};
};

}  // namespace sonde::ebpf
