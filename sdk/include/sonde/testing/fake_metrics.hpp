// SPDX-License-Identifier: Apache-2.0
// The metric cells of a fake host, readable by name and attributes. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <sonde/abi/ext/metrics.h>
#include <sonde/text.hpp>

namespace sonde::testing {

class fake_metrics {
public:
    using attributes = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    // Value of one series; 0 if nobody asked for it.
    [[nodiscard]] std::int64_t value(std::string_view name, attributes with = {}) const {
        std::map<std::string, std::string> sorted;
        for (const auto& [key, text] : with) {
            sorted.emplace(key, text);
        }
        const std::lock_guard lock(mutex_);
        const auto found = series_.find({std::string(name), sorted});
        return found == series_.end() ? 0 : read(found->second);
    }
    // Sum of all series of a name.
    [[nodiscard]] std::int64_t total(std::string_view name) const {
        const std::lock_guard lock(mutex_);
        std::int64_t sum = 0;
        for (const auto& [key, cell] : series_) {
            sum += key.first == name ? read(cell) : 0;
        }
        return sum;
    }
    [[nodiscard]] bool has(std::string_view name) const {
        const std::lock_guard lock(mutex_);
        for (const auto& [key, cell] : series_) {
            if (key.first == name) {
                return true;
            }
        }
        return false;
    }
    // Answer SONDE_EXHAUSTED with the overflow cell beyond this many series, as a real host does.
    void limit_series(std::size_t most) {
        const std::lock_guard lock(mutex_);
        most_ = most;
    }

    [[nodiscard]] sonde_rc cell(const sonde_metric& metric, std::uint64_t** found) {
        std::map<std::string, std::string> sorted;
        for (std::uint64_t i = 0; i + 1 < metric.attribute_count; i += 2) {
            sorted.emplace(view(metric.attributes[i]), view(metric.attributes[i + 1]));
        }
        const std::lock_guard lock(mutex_);
        const key_type key{metric.name, std::move(sorted)};
        if (!series_.contains(key) && series_.size() >= most_) {
            *found = &overflow_;
            return SONDE_EXHAUSTED;
        }
        *found = &series_[key];
        return SONDE_OK;
    }

private:
    using key_type = std::pair<std::string, std::map<std::string, std::string>>;

    static std::int64_t read(const std::uint64_t& cell) {
        return static_cast<std::int64_t>(
            std::atomic_ref(const_cast<std::uint64_t&>(cell)).load(std::memory_order_relaxed));
    }

    mutable std::mutex mutex_;
    std::map<key_type, std::uint64_t> series_;  // nodes do not move: cells are handed out
    std::size_t most_ = 10'000;
    std::uint64_t overflow_ = 0;
};

}  // namespace sonde::testing
