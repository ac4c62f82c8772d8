// SPDX-License-Identifier: Apache-2.0
#include "ebpf/flow/walk_queue.hpp"

#include <algorithm>
#include <atomic>
#include <bit>

namespace sonde::ebpf::flow {
namespace {

std::uint64_t load(__u64& from) noexcept { return std::atomic_ref(from).load(std::memory_order_acquire); }
void store(__u64& to, std::uint64_t value) noexcept { std::atomic_ref(to).store(value, std::memory_order_release); }

}  // namespace

result<walk_queue> walk_queue::open(const bpf::session& programs, std::uint64_t now) {
    auto records = bpf::mapped_array::open(programs.map_fd("walk_records"));
    if (!records) {
        return std::unexpected(records.error());
    }
    auto position = bpf::mapped_array::open(programs.map_fd("walk_position"));
    if (!position) {
        return std::unexpected(position.error());
    }
    walk_queue opened(std::move(*records), std::move(*position));
    opened.position() = {};
    opened.position().time = now;
    opened.position().room = std::bit_floor(opened.records_.values<sonde_connection>().size());
    return opened;
}

std::span<const sonde_connection> walk_queue::next() const noexcept {
    const std::uint64_t waiting = load(position().filled) - position().taken;
    const std::uint64_t first = position().taken & (position().room - 1);
    return records_.values<const sonde_connection>().subspan(first,
                                                             std::min<std::size_t>(waiting, position().room - first));
}

void walk_queue::release(std::size_t count) noexcept { store(position().taken, position().taken + count); }

void walk_queue::publish() noexcept { store(position().filled, written()); }

std::uint64_t walk_queue::written() const noexcept { return load(position().written); }

bool walk_queue::is_half_free() const noexcept { return (written() - load(position().taken)) * 2 <= position().room; }

}  // namespace sonde::ebpf::flow
