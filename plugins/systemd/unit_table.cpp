// SPDX-License-Identifier: Apache-2.0
#include "systemd/unit_table.hpp"

#include <algorithm>
#include <array>

#include "systemd/patterns.hpp"

namespace sonde::systemd {
namespace {

using enum schema::unit_action;

// systemd reads unit files for many reasons, and forgets them again; only what runs, or has run, is news.
bool has_run(const unit_facts& of) noexcept { return of.active_state != "inactive" || of.exit_kind != 0; }

// An answer may catch systemd between a process that it has started and the state that follows.
bool is_between(const unit_facts& of) noexcept { return of.active_state == "inactive" && of.main_pid != 0; }

// Between a failure and the restart that Restart= asks for, systemd calls a unit "activating".
bool waits_after_failure(const unit_facts& of) noexcept {
    return of.sub_state == "auto-restart" && !of.result.empty() && of.result != "success";
}

}  // namespace

bool unit_table::wants(const std::string& unit) const {
    return holds(of_->types, type_of(unit)) && (of_->names.empty() || matches_any(of_->names, unit)) &&
           !matches_any(of_->excluded, unit);
}

unit_row* unit_table::find(const std::string& unit) {
    const auto found = rows_.find(unit);
    return found == rows_.end() ? nullptr : &found->second;
}

unit_row* unit_table::add(const std::string& unit, bool is_new) {
    if (unit_row* const row = find(unit)) {
        return row;
    }
    is_full_ = rows_.size() >= of_->limit;
    if (is_full_) {
        meters_->units_left_out.add();
        return nullptr;
    }
    unit_row& row = rows_[unit];
    row.now.name = unit;
    row.is_new = is_new;
    return &row;
}

bool unit_table::is_told(const unit_facts& of) const {
    const bool state = holds(of_->states, of.active_state) || (waits_after_failure(of) && holds(of_->states, "failed"));
    return state && (of_->results.empty() || holds(of_->results, of.result));
}

void unit_table::tell(schema::unit_action what, unit_row& row) {
    if (!tell_(what, row.now, row.told ? &*row.told : nullptr)) {
        has_missed_ = true;
    }
    row.told = row.now;
}

void unit_table::settle(unit_row& row) {
    if (row.awaited != 0 || is_between(row.now) || !is_told(row.now)) {
        return;
    }
    if (row.told) {
        if (differs(row.now, *row.told)) {
            tell(changed, row);
        }
        return;
    }
    const bool is_loaded = row.now.load_state == "loaded";
    if (of_->tells_loads || (row.is_new ? has_run(row.now) : is_loaded || row.now.active_state != "inactive")) {
        tell(row.is_new ? added : listed, row);
    }
}

void unit_table::tell_sample(unit_row& row) {
    const unit_facts& now = row.now;
    if (row.told && (now.memory_bytes || now.cpu_time_ns || now.tasks) && !tell_(sampled, now, nullptr)) {
        has_missed_ = true;
    }
}

void unit_table::remove(const std::string& unit) {
    const auto found = rows_.find(unit);
    if (found == rows_.end()) {
        return;
    }
    unit_row& row = found->second;
    if (row.told && (of_->tells_loads || row.told->active_state != "inactive") &&
        !tell_(removed, row.now, &*row.told)) {
        has_missed_ = true;
    }
    rows_.erase(found);
    is_full_ = false;
}

std::size_t unit_table::tell_all() {
    std::size_t count = 0;
    for (auto& [name, row] : rows_) {
        if (row.told) {
            ++count;
            has_missed_ = !tell_(listed, *row.told, nullptr) || has_missed_;
        }
    }
    return count;
}

void unit_table::count_states() const {
    std::array<std::int64_t, state_names.size()> counts{};
    for (const auto& [name, row] : rows_) {
        const auto* const at = std::find(state_names.begin(), state_names.end() - 1, row.now.active_state);
        ++counts[static_cast<std::size_t>(at - state_names.begin())];
    }
    for (std::size_t i = 0; i < counts.size(); ++i) {
        meters_->units[i].set(counts[i]);
    }
}

}  // namespace sonde::systemd
