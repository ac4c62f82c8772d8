// SPDX-License-Identifier: Apache-2.0
// A token bucket per key in a bounded table: a burst, then one per interval. When the table is full, the key that was
// used longest ago leaves; its suppressed lines stay in the total. Not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

namespace sonde::observe {

struct rate {
    std::uint32_t burst = 10;
    std::chrono::nanoseconds interval = std::chrono::seconds(1);
};

class rate_limit final {
public:
    rate_limit(rate each, std::size_t keys) : rate_(each), keys_(keys) {}

    // How many were suppressed since the key was last admitted, or nothing if this one is suppressed too.
    [[nodiscard]] std::optional<std::uint64_t> admit(std::uint64_t key, std::chrono::nanoseconds now);

    [[nodiscard]] std::size_t size() const noexcept { return by_use_.size(); }

private:
    struct bucket {
        std::uint64_t key;
        std::uint32_t tokens;
        std::chrono::nanoseconds refilled;
        std::uint64_t suppressed = 0;
    };

    [[nodiscard]] bucket& find(std::uint64_t key, std::chrono::nanoseconds now);

    rate rate_;
    std::size_t keys_;
    std::list<bucket> by_use_;  // most recent first
    std::unordered_map<std::uint64_t, std::list<bucket>::iterator> index_;
};

}  // namespace sonde::observe
