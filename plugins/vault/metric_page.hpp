// SPDX-License-Identifier: Apache-2.0
// Turns the samples of a page of metrics into the fields of a few sonde.v1.MetricSet: each series under the name that
// it has there, those of the same name and after one another as one metric. A set ends before it grows large.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "common/exposition/sample.hpp"

namespace sonde::vault {

class metric_page {
public:
    static constexpr std::size_t largest_set = 64U << 10;  // bytes; a single sample may be more

    // `publish` gets the fields of each set.
    metric_page(std::string group, std::function<void(std::span<const std::uint8_t>)> publish)
        : group_(std::move(group)), publish_(std::move(publish)) {}

    void add(const common::exposition::sample& of);
    // What is left.
    void finish();

private:
    void end_metric();
    void end_set();

    std::string group_;
    std::function<void(std::span<const std::uint8_t>)> publish_;
    std::string name_;  // of the metric whose points are collected
    std::string unit_;
    std::string help_;
    std::uint64_t kind_ = 0;
    std::vector<std::uint8_t> points_;
    std::vector<std::uint8_t> set_;
    std::string scratch_;
};

}  // namespace sonde::vault
