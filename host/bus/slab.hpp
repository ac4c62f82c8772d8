// SPDX-License-Identifier: Apache-2.0
// Memory of one lane: chunks that hold one batch each, under a byte budget. A chunk goes back when the last owner of
// its message lets go, in whatever thread that is, also after the lane is closed: each chunk keeps its slab alive.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "bus/gate.hpp"

namespace sonde::bus {

class slab;

struct chunk {
    std::shared_ptr<slab> owner;  // set while the chunk is out
    std::size_t capacity = 0;
    // Hand-overs inside libzmq are ordered by its own atomics, which a thread sanitizer cannot see. This one says the
    // same in the open: stored when a batch is sent, loaded by readers, changed by each reader that lets go, loaded
    // before the memory is used again.
    std::atomic<std::uint64_t> handovers{0};

    [[nodiscard]] static chunk* of(const void* data) noexcept {
        return reinterpret_cast<chunk*>(const_cast<void*>(data)) - 1;
    }
    [[nodiscard]] std::uint8_t* data() noexcept { return reinterpret_cast<std::uint8_t*>(this + 1); }
};
static_assert(sizeof(chunk) % 8 == 0, "batch headers are 8-byte aligned");

class slab final : public std::enable_shared_from_this<slab> {
public:
    // `regular` is the capacity of ordinary chunks; larger ones are made to measure and not kept.
    slab(std::size_t regular, std::uint64_t budget) : regular_(regular), budget_(budget) { idle_.reserve(most_kept); }
    ~slab();
    slab(const slab&) = delete;
    slab& operator=(const slab&) = delete;

    // A chunk with room for at least `size`, or null if it would exceed the budget.
    [[nodiscard]] chunk* take(std::size_t size);
    // Blocks until something was given back after `seen` (see returned()), or the CLOCK_MONOTONIC time `deadline`.
    void wait_for_return(std::uint64_t seen, std::int64_t deadline);
    [[nodiscard]] std::uint64_t returned() const noexcept { return returned_.load(); }

    static void give_back(chunk* used) noexcept;

    // Bytes taken and not yet given back.
    [[nodiscard]] std::uint64_t outstanding() const noexcept { return outstanding_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t budget() const noexcept { return budget_; }

private:
    static constexpr std::size_t most_kept = 16;  // idle chunks; more would only hold memory after a burst

    void put(chunk* used) noexcept;

    const std::size_t regular_;
    const std::uint64_t budget_;
    std::atomic<std::uint64_t> outstanding_{0};
    std::atomic<std::uint64_t> returned_{0};
    gate idle_gate_;  // held for one push or pop
    std::vector<chunk*> idle_;
    // Only for a writer that waits for room.
    std::atomic<std::uint32_t> waiting_{0};
    std::mutex mutex_;
    std::condition_variable came_back_;
};

}  // namespace sonde::bus
