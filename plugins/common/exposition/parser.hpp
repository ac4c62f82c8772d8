// SPDX-License-Identifier: Apache-2.0
// Reads an exposition, sample by sample: Prometheus' text format 0.0.4 and OpenMetrics 1.0. Nothing is copied but
// labels with escapes, and nothing is allocated once the parser has seen its longest line. It accepts more than the
// formats allow wherever the meaning is clear, as Prometheus does: families that are not together, several blanks.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/result.hpp>

#include "common/exposition/sample.hpp"

namespace sonde::common::exposition {

enum class dialect : std::uint8_t { prometheus, open_metrics };

// By the Content-Type of an answer; Prometheus' format unless it says otherwise.
[[nodiscard]] dialect dialect_of(std::string_view content_type) noexcept;

struct limits {
    std::size_t line = 64U << 10;  // bytes
    std::size_t labels = 128;      // of one sample; of an exemplar likewise
    std::size_t samples = 1'000'000;
};

class line_reader;

class parser {
public:
    explicit parser(const limits& of = {}) : limits_(of) {}

    // Begins anew. `text` has to stay as long as samples are used.
    void begin(std::string_view text, dialect as);
    // The next sample; false at the end and after a failure. Its texts hold until the next call.
    [[nodiscard]] bool next(sample& into);

    // Set once next() has ended because of it: "line 7: ...". errc::exhausted for limits, errc::invalid for the rest.
    [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }
    // Samples so far.
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

private:
    struct family {
        std::string_view name;
        std::string_view help;
        std::string_view unit;
        metric_type type = metric_type::unknown;
    };

    bool take_line(std::string_view& line);
    bool take_comment(std::string_view line);
    bool take_sample(std::string_view line, sample& into);
    bool take_labels(line_reader& from, std::vector<label>& into);
    bool take_label_value(line_reader& from, std::string_view& into);
    bool take_time(line_reader& from, std::optional<std::int64_t>& into);
    bool take_exemplar(line_reader& from, sample& into);
    void describe(sample& into) const noexcept;
    bool fail_here(std::string_view problem, errc code = errc::invalid);

    limits limits_;
    dialect dialect_ = dialect::prometheus;
    std::string_view rest_;
    std::size_t line_number_ = 0;
    std::size_t count_ = 0;
    bool has_ended_ = false;  // OpenMetrics' "# EOF"
    family family_;
    std::string help_;  // unescaped, if it has escapes
    std::vector<label> labels_;
    std::vector<label> exemplar_labels_;
    std::string unescaped_;  // values of the current line; it never grows while there are views into it
    std::optional<error> failure_;
};

}  // namespace sonde::common::exposition
