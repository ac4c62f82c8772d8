// SPDX-License-Identifier: Apache-2.0
#include "systemd/journal_filter.hpp"

#include <algorithm>

#include "systemd/patterns.hpp"

namespace sonde::systemd {
namespace {

using kind = match_step::kind;

bool has_pattern(const std::vector<std::string>& names) {
    return std::any_of(names.begin(), names.end(), [](const std::string& name) { return is_pattern(name); });
}

// As the journal wants its field names: capitals, digits and _, not a digit first.
bool is_field_name(std::string_view text) noexcept {
    const auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
    return !text.empty() && text.size() <= 64 && !(text[0] >= '0' && text[0] <= '9') &&
           std::all_of(text.begin(), text.end(), fits);
}

// The same as journalctl -u: the unit's own entries, its core dumps, and what systemd and other privileged programs say
// about it.
void add_unit(std::vector<match_step>& steps, const std::string& unit) {
    steps.push_back({kind::term, "_SYSTEMD_UNIT=" + unit});
    steps.push_back({kind::either, {}});
    steps.push_back({kind::term, "MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1"});
    steps.push_back({kind::term, "_UID=0"});
    steps.push_back({kind::term, "COREDUMP_UNIT=" + unit});
    steps.push_back({kind::either, {}});
    steps.push_back({kind::term, "_PID=1"});
    steps.push_back({kind::term, "UNIT=" + unit});
    steps.push_back({kind::either, {}});
    steps.push_back({kind::term, "_UID=0"});
    steps.push_back({kind::term, "OBJECT_SYSTEMD_UNIT=" + unit});
}

}  // namespace

result<void> check_matches(const std::vector<std::string>& terms) {
    bool can_divide = false;
    for (const std::string& term : terms) {
        const std::size_t at = term.find('=');
        const bool is_term = at != std::string::npos && is_field_name(std::string_view(term).substr(0, at));
        if (!is_term && !(term == "+" && can_divide)) {
            return fail(errc::invalid,
                        "'" + term + "' is not FIELD=value with a field name in capitals, or + between two",
                        "journal_matches");
        }
        can_divide = is_term;
    }
    return terms.empty() || can_divide ? result<void>{}
                                       : fail(errc::invalid, "no term follows the last +", "journal_matches");
}

std::vector<match_step> index_terms(const journal_options& of) {
    std::vector<match_step> steps;
    const auto both = [&] {
        if (!steps.empty()) {
            steps.push_back({kind::both, {}});
        }
    };
    if (!has_pattern(of.units)) {
        for (const std::string& unit : of.units) {
            if (!steps.empty()) {
                steps.push_back({kind::either, {}});
            }
            add_unit(steps, unit);
        }
    }
    if (of.priority < least_important) {
        both();
        for (std::uint32_t priority = 0; priority <= of.priority; ++priority) {
            steps.push_back({kind::term, "PRIORITY=" + std::to_string(priority)});
        }
    }
    if (!of.matches.empty()) {
        both();
        for (const std::string& term : of.matches) {
            steps.push_back(term == "+" ? match_step{kind::either, {}} : match_step{kind::term, term});
        }
    }
    return steps;
}

unit_choice::unit_choice(const journal_options& of)
    : wanted_(has_pattern(of.units) ? of.units : std::vector<std::string>{}), excluded_(of.excluded) {}

bool unit_choice::passes(std::span<const std::string> units) const noexcept {
    const auto any_of = [&](const std::vector<std::string>& patterns) {
        return std::any_of(units.begin(), units.end(), [&](const auto& unit) { return matches_any(patterns, unit); });
    };
    return (wanted_.empty() || any_of(wanted_)) && !any_of(excluded_);
}

}  // namespace sonde::systemd
