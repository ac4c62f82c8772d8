// SPDX-License-Identifier: Apache-2.0
// The saved positions of several readers. What was published is saved a while later, when whoever listens has had the
// time to take it; so a crash of the agent repeats entries and loses none. `finish` saves the exact positions.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <sonde/result.hpp>

#include "common/position_store/store.hpp"
#include "vault/meters.hpp"
#include "vault/options.hpp"

namespace sonde::vault {

class position_keeper {
public:
    // Calls the function it is given with each key and position as they are now.
    using positions = std::function<void(const std::function<void(std::string_view, std::string)>&)>;

    position_keeper(const audit_options& of, const meters& counted) : of_(&of), meters_(&counted) {}

    // Opens the file. errc::again if another instance has it: then this one must not read. Other failures mean that
    // positions are not kept; `tick` tries again.
    [[nodiscard]] result<void> open();
    // Where to go on; empty if nothing is known.
    [[nodiscard]] std::string saved(std::string_view key) const;

    // Something has moved on.
    void touch() noexcept { is_changed_ = true; }
    void tick(std::chrono::nanoseconds now, const positions& current);
    void finish(const positions& current);

    [[nodiscard]] std::chrono::nanoseconds due() const noexcept;
    // What keeps positions from being saved; empty if nothing does.
    [[nodiscard]] const std::string& complaint() const noexcept { return complaint_; }
    // Set if the file was found corrupt.
    [[nodiscard]] const std::string& finding() const noexcept { return finding_; }

private:
    void look(const positions& current);
    void save();

    const audit_options* of_;
    const meters* meters_;
    std::optional<common::position_store::store> store_;
    std::map<std::string, std::string, std::less<>> settling_;  // to be saved at `settled_at_`
    bool is_changed_ = false;
    std::chrono::nanoseconds settled_at_ = std::chrono::nanoseconds::max();
    std::chrono::nanoseconds opens_at_ = std::chrono::nanoseconds::max();
    std::string complaint_;
    std::string finding_;
};

}  // namespace sonde::vault
