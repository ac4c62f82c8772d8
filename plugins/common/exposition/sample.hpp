// SPDX-License-Identifier: Apache-2.0
// One sample of an exposition and what is known of the family it belongs to. All texts are views: into the exposition,
// or into the parser until its next sample. They are bytes, not necessarily UTF-8.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace sonde::common::exposition {

enum class metric_type : std::uint8_t {
    unknown,  // also "untyped", and families without a type
    counter,
    gauge,
    histogram,
    gauge_histogram,
    summary,
    state_set,
    info,
};

struct label {
    std::string_view name;
    std::string_view value;
};

struct exemplar {
    std::span<const label> labels;
    double value = 0;
    std::optional<std::int64_t> time;  // Unix ns
};

struct sample {
    std::string_view name;             // of the series: with _bucket, _sum, _total and so on
    std::span<const label> labels;     // as written; no name twice
    double value = 0;                  // may be NaN or infinite
    std::optional<std::int64_t> time;  // Unix ns
    std::optional<exemplar> example;

    std::string_view family;  // the name without suffix if a TYPE, HELP or UNIT line named it, else the name
    metric_type type = metric_type::unknown;
    std::string_view help;
    std::string_view unit;

    // What `name` has after `family`: "_bucket", or nothing.
    [[nodiscard]] std::string_view suffix() const noexcept { return name.substr(family.size()); }
    // True for what only grows as long as its source runs: counters, buckets, counts and sums.
    [[nodiscard]] bool is_cumulative() const noexcept;
};

// "gauge" for metric_type::gauge, as TYPE lines have it.
[[nodiscard]] std::string_view name(metric_type of) noexcept;
// Unknown words are metric_type::unknown.
[[nodiscard]] metric_type metric_type_of(std::string_view word) noexcept;
// True if a series of a family of this type may be called as the family with `suffix`.
[[nodiscard]] bool takes_suffix(metric_type of, std::string_view suffix) noexcept;

}  // namespace sonde::common::exposition
