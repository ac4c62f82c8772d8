// SPDX-License-Identifier: Apache-2.0
// Which entries of the journal are told: what the journal's index can answer becomes terms for it, the rest is decided
// per entry by the units that it names.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <sonde/result.hpp>

#include "systemd/options.hpp"

namespace sonde::systemd {

// How sd_journal_add_match, add_disjunction and add_conjunction are called, in order.
struct match_step {
    enum class kind : std::uint8_t { term, either, both };
    kind what = kind::term;
    std::string term;  // FIELD=value
    bool operator==(const match_step&) const = default;
};

// Terms of journal_matches: FIELD=value or +.
[[nodiscard]] result<void> check_matches(const std::vector<std::string>& terms);

[[nodiscard]] std::vector<match_step> index_terms(const journal_options& of);

class unit_choice {
public:
    unit_choice() = default;
    explicit unit_choice(const journal_options& of);

    // False if every entry passes, so that its units need not be looked up.
    [[nodiscard]] bool is_needed() const noexcept { return !wanted_.empty() || !excluded_.empty(); }
    // `units` are all that an entry is from or about.
    [[nodiscard]] bool passes(std::span<const std::string> units) const noexcept;

private:
    std::vector<std::string> wanted_;  // only if one of them is a pattern; else the index answers
    std::vector<std::string> excluded_;
};

}  // namespace sonde::systemd
