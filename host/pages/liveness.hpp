// SPDX-License-Identifier: Apache-2.0
// Whether the supervisor's loop turns. It sleeps when nothing happens, so it is given a no-op and watched: at most one
// is on its way, however many ask.
#pragma once

#include <chrono>
#include <memory>

#include "run/supervisor.hpp"

namespace sonde::pages {

struct page_limits;

struct verdict {
    bool alive = true;
    std::chrono::nanoseconds waiting{};  // how long the no-op has not been run; zero: it was
};

// Thread-safe.
class liveness final {
public:
    liveness(run::supervisor& of, const page_limits& limits);

    // Blocks for `turn_wait` at most.
    [[nodiscard]] verdict ask();

private:
    struct beat;
    run::supervisor& supervisor_;
    const std::chrono::nanoseconds wait_;
    const std::chrono::nanoseconds limit_;
    const std::shared_ptr<beat> beat_;  // shared with the no-op
};

}  // namespace sonde::pages
