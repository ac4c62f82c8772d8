// SPDX-License-Identifier: Apache-2.0
#include "bus/position.hpp"

#include <algorithm>

namespace sonde::bus {

void position::arrived(std::uint64_t first, std::uint64_t count) noexcept {
    const std::uint64_t next = expected.load(std::memory_order_relaxed);
    const std::uint64_t end = first + count;
    if (first > next) {
        lost.fetch_add(first - next, std::memory_order_relaxed);
    } else if (first < next) {
        lost.fetch_sub(std::min(next, end) - first, std::memory_order_relaxed);
    }
    expected.store(std::max(next, end), std::memory_order_relaxed);
    awaited_since_ = 0;
}

std::int64_t position::await_rest(std::uint64_t sealed, std::int64_t now, std::int64_t patience) noexcept {
    const std::uint64_t next = expected.load(std::memory_order_relaxed);
    if (awaited_since_ != 0 && now - awaited_since_ >= patience) {
        lost.fetch_add(awaited_ - next, std::memory_order_relaxed);
        expected.store(awaited_, std::memory_order_relaxed);
        awaited_since_ = 0;
    }
    if (awaited_since_ == 0 && sealed > expected.load(std::memory_order_relaxed)) {
        awaited_ = sealed;
        awaited_since_ = now;
    }
    return awaited_since_;
}

std::uint64_t position::in_flight() const noexcept {
    const std::uint64_t done = joined_at + delivered.load() + failed.load() + lost.load();
    const std::uint64_t sealed = of->sealed_items.load(std::memory_order_acquire);
    return sealed > done ? sealed - done : 0;
}

}  // namespace sonde::bus
