// SPDX-License-Identifier: Apache-2.0
// Families of series by value, and the door through which sampled values enter a snapshot.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "observe/metric_name.hpp"

namespace sonde::observe {

// Sorted by key.
struct labels {
    std::vector<std::pair<std::string, std::string>> pairs;

    labels() = default;
    labels(std::initializer_list<std::pair<std::string_view, std::string_view>> from);
    void add(std::string_view key, std::string_view value);
    auto operator<=>(const labels&) const = default;
};

// The same labels with keys as Prometheus has them. Refused: bad or repeated keys, values above 256 bytes or not UTF-8.
[[nodiscard]] result<labels> checked(const labels& from);

// What a histogram has taken, in the metric's unit.
struct distribution {
    std::vector<std::uint64_t> counts;  // up to each bound, and above all
    double sum = 0;
};

struct family {
    std::string name;  // dotted
    kind of = kind::counter;
    std::string unit;
    std::string help;
    std::map<labels, double> series;
    std::vector<std::uint64_t> bounds;             // of a histogram, ascending
    std::map<labels, distribution> distributions;  // a histogram has these instead of series
};

// Takes what a source samples. A sample that would make the page invalid (bad name, other kind or unit than its family,
// a series that exists) is left out and counted.
class sample_sink final {
public:
    sample_sink(std::map<std::string, family>& families, std::uint64_t& refused)
        : families_(families), refused_(refused) {}

    void counter(std::string_view name, std::string_view unit, std::string_view help, const labels& with,
                 double value) {
        put(kind::counter, name, unit, help, with, value);
    }
    void gauge(std::string_view name, std::string_view unit, std::string_view help, const labels& with, double value) {
        put(kind::gauge, name, unit, help, with, value);
    }
    void put(kind of, std::string_view name, std::string_view unit, std::string_view help, const labels& with,
             double value);
    void histogram(std::string_view name, std::string_view unit, std::string_view help, const labels& with,
                   const std::vector<std::uint64_t>& bounds, const distribution& value);

private:
    // The family that a sample goes into; null if that one would spoil the page.
    [[nodiscard]] family* family_of(kind of, std::string_view name, std::string_view unit, std::string_view help);

    std::map<std::string, family>& families_;  // by Prometheus name
    std::uint64_t& refused_;
};

}  // namespace sonde::observe
