// SPDX-License-Identifier: Apache-2.0
// The units that are followed, and what of their changes is told: nothing twice, nothing that the options leave out.
// Used by the data thread.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "systemd/meters.hpp"
#include "systemd/options.hpp"
#include "systemd/schema.hpp"
#include "systemd/unit_facts.hpp"

namespace sonde::systemd {

struct unit_row {
    unit_facts now;
    std::optional<unit_facts> told;  // as it was told last
    std::size_t awaited = 0;         // answers without which nothing is told
    std::size_t sampled = 0;         // answers of a sample that is under way
    bool is_new = false;             // loaded since the first list
    bool is_listed = true;           // in the list that came last
};

class unit_table {
public:
    // Publishes; false if there was no room.
    using teller = std::function<bool(schema::unit_action, const unit_facts& now, const unit_facts* before)>;

    unit_table(const unit_options& of, const meters& counted, teller tell)
        : of_(&of), meters_(&counted), tell_(std::move(tell)) {}

    // By name and type.
    [[nodiscard]] bool wants(const std::string& unit) const;
    [[nodiscard]] unit_row* find(const std::string& unit);
    // The row of the unit, made if need be; null if there is no room for it.
    unit_row* add(const std::string& unit, bool is_new);
    // Tells what is news, unless answers are awaited.
    void settle(unit_row& row);
    void tell_sample(unit_row& row);
    void remove(const std::string& unit);
    // All that are told, again, as a snapshot; how many.
    std::size_t tell_all();

    [[nodiscard]] std::map<std::string, unit_row>& rows() noexcept { return rows_; }
    [[nodiscard]] const std::map<std::string, unit_row>& rows() const noexcept { return rows_; }
    [[nodiscard]] bool is_full() const noexcept { return is_full_; }
    // True once after something found no room in the lane.
    [[nodiscard]] bool take_missed() noexcept { return std::exchange(has_missed_, false); }
    void count_states() const;

private:
    [[nodiscard]] bool is_told(const unit_facts& of) const;
    void tell(schema::unit_action what, unit_row& row);

    const unit_options* of_;
    const meters* meters_;
    teller tell_;
    std::map<std::string, unit_row> rows_;
    bool is_full_ = false;
    bool has_missed_ = false;
};

}  // namespace sonde::systemd
