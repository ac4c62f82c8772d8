// SPDX-License-Identifier: Apache-2.0
// Connections that ended since a client's last poll. Those that carried nothing give way first when it is full; what
// finds no room is counted by protocol. Single thread.
#pragma once

#include <cstdint>
#include <span>

#include "ebpf/connection/large_memory.hpp"
#include "ebpf/connection/row.hpp"

namespace sonde::ebpf::connection {

struct closed_stats {
    std::uint64_t dropped_tcp = 0;
    std::uint64_t dropped_udp = 0;
    std::uint64_t dropped_failed = 0;  // of TCP, for want of room for failures
};

class closed_buffer final {
public:
    static constexpr std::size_t first_capacity = 1024;

    // At most `capacity` rows, of which at most `failed_capacity` are failed connections.
    closed_buffer(std::size_t capacity, std::size_t failed_capacity);

    void store(const row& ended, closed_stats& stats);
    // Those with traffic or a failure first, then the empty ones.
    [[nodiscard]] std::span<row> rows() noexcept { return rows_; }
    [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
    // Exchanges what is kept with `taken`, which is emptied first: the memory of both stays in use.
    void take(large_vector<row>& taken) noexcept;
    void clear() noexcept;

private:
    static void drop(const row& lost, closed_stats& stats) noexcept;

    large_vector<row> rows_;
    std::size_t first_empty_ = 0;  // rows from here on are empty
    std::size_t failed_ = 0;
    std::size_t capacity_;
    std::size_t failed_capacity_;
};

}  // namespace sonde::ebpf::connection
