// SPDX-License-Identifier: Apache-2.0
// The records of a walk over TCP connections on their way from the kernel side to us: an array that both use over and
// over, mapped for the walk only, since pages of the kernel that are mapped count as ours. One thread runs the walk,
// one takes records out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <sonde/result.hpp>
#include <sonde_bpf/connection.h>

#include "bpf/support/mapped_array.hpp"
#include "bpf/support/session.hpp"

namespace sonde::ebpf::flow {

class walk_queue final {
public:
    // Empty, of records as of `now` (CLOCK_MONOTONIC, nanoseconds).
    [[nodiscard]] static result<walk_queue> open(const bpf::session& programs, std::uint64_t now);

    // The thread that takes out. Records that may be read and lie in a row; they stay until as many are released.
    [[nodiscard]] std::span<const sonde_connection> next() const noexcept;
    void release(std::size_t count) noexcept;

    // The thread that runs the walk, while it does not run: everything that is written may be read.
    void publish() noexcept;
    [[nodiscard]] std::uint64_t written() const noexcept;
    // To go on costs the kernel a search for the place where it stood: with less room it is not worth it.
    [[nodiscard]] bool is_half_free() const noexcept;

private:
    walk_queue(bpf::mapped_array records, bpf::mapped_array position)
        : records_(std::move(records)), position_(std::move(position)) {}
    [[nodiscard]] sonde_walk& position() const noexcept { return position_.values<sonde_walk>().front(); }

    bpf::mapped_array records_;
    bpf::mapped_array position_;
};

}  // namespace sonde::ebpf::flow
