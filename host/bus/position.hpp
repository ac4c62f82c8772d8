// SPDX-License-Identifier: Apache-2.0
// How far a subscription has come in one stream, and what has been lost on the way. `arrived` and `await_rest` belong
// to the reader's thread; the counters may be read by anyone.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "bus/stream.hpp"

namespace sonde::bus {

struct position {
    std::uint32_t lane_id = 0;
    std::string instance;
    std::shared_ptr<const stream> of;
    std::uint64_t joined_at = 0;
    std::atomic<std::uint64_t> expected{0};  // index of the next item
    std::atomic<std::uint64_t> delivered{0};
    std::atomic<std::uint64_t> failed{0};
    std::atomic<std::uint64_t> lost{0};

    // A batch of `count` items has come, the first of which has the index `first`: what lies before it and has not come
    // is lost, what comes after it was given up is not.
    void arrived(std::uint64_t first, std::uint64_t count) noexcept;

    // The reader's queue was empty, and looked at again after `sealed` had been read. A message that has been sent may
    // still be invisible: a sender that finds the reader's mailbox asleep puts its command there and then signals;
    // while it is suspended between the two, commands of all others wait behind it unseen (libzmq, mailbox.cpp). So
    // what is missing is owed, and lost only after `patience` (ns). Returns since when something is owed
    // (CLOCK_MONOTONIC ns; 0: nothing is).
    [[nodiscard]] std::int64_t await_rest(std::uint64_t sealed, std::int64_t now, std::int64_t patience) noexcept;

    // Sealed and neither delivered, nor failed, nor lost.
    [[nodiscard]] std::uint64_t in_flight() const noexcept;

private:
    std::uint64_t awaited_ = 0;  // what was sealed when the queue was empty for the first time although more was owed
    std::int64_t awaited_since_ = 0;
};

}  // namespace sonde::bus
