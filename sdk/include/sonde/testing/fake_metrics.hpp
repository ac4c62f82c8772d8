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
#include <vector>

#include <sonde/abi/ext/histogram.h>
#include <sonde/text.hpp>

namespace sonde::testing {

class fake_metrics {
public:
    using attributes = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    // Value of one series; 0 if nobody asked for it.
    [[nodiscard]] std::int64_t value(std::string_view name, attributes with = {}) const {
        const std::lock_guard lock(mutex_);
        const auto found = series_.find({std::string(name), sorted(with)});
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
    // How many values a histogram has taken; 0 if nobody asked for it.
    [[nodiscard]] std::uint64_t recorded(std::string_view name, attributes with = {}) const {
        const std::lock_guard lock(mutex_);
        const auto found = histograms_.find({std::string(name), sorted(with)});
        std::uint64_t sum = 0;
        for (std::size_t i = 0; found != histograms_.end() && i + 1 < found->second.size(); ++i) {
            sum += static_cast<std::uint64_t>(read(found->second[i]));
        }
        return sum;
    }
    // Answer SONDE_EXHAUSTED with the overflow cell beyond this many series, as a real host does.
    void limit_series(std::size_t most) {
        const std::lock_guard lock(mutex_);
        most_ = most;
    }

    [[nodiscard]] sonde_rc cell(const sonde_metric& metric, std::uint64_t** found) {
        const std::lock_guard lock(mutex_);
        const key_type key = key_of(metric);
        if (!series_.contains(key) && series_.size() >= most_) {
            *found = &overflow_;
            return SONDE_EXHAUSTED;
        }
        *found = &series_[key];
        return SONDE_OK;
    }
    [[nodiscard]] sonde_rc histogram(const sonde_metric& metric, std::uint64_t bounds, std::uint64_t** found) {
        const std::lock_guard lock(mutex_);
        std::vector<std::uint64_t>& cells = histograms_[key_of(metric)];
        if (!cells.empty() && cells.size() != bounds + 2) {
            return SONDE_INVALID;
        }
        cells.resize(bounds + 2);
        *found = cells.data();
        return SONDE_OK;
    }

private:
    using key_type = std::pair<std::string, std::map<std::string, std::string>>;

    static std::map<std::string, std::string> sorted(attributes with) { return {with.begin(), with.end()}; }
    static key_type key_of(const sonde_metric& metric) {
        std::map<std::string, std::string> with;
        for (std::uint64_t i = 0; i + 1 < metric.attribute_count; i += 2) {
            with.emplace(view(metric.attributes[i]), view(metric.attributes[i + 1]));
        }
        return {metric.name, std::move(with)};
    }
    static std::int64_t read(const std::uint64_t& cell) {
        return static_cast<std::int64_t>(
            std::atomic_ref(const_cast<std::uint64_t&>(cell)).load(std::memory_order_relaxed));
    }

    mutable std::mutex mutex_;
    std::map<key_type, std::uint64_t> series_;  // nodes do not move: cells are handed out
    std::map<key_type, std::vector<std::uint64_t>> histograms_;
    std::size_t most_ = 10'000;
    std::uint64_t overflow_ = 0;
};

}  // namespace sonde::testing
