// SPDX-License-Identifier: Apache-2.0
// The saved position of one reader. What was published is saved a while later, when whoever listens has had the time to
// take it; so a crash of the agent repeats entries and loses none. `finish` saves the exact position.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <sonde/host.hpp>
#include <sonde/result.hpp>

#include "common/position_store/store.hpp"
#include "systemd/meters.hpp"
#include "systemd/options.hpp"

namespace sonde::systemd {

class position_keeper {
public:
    position_keeper(const journal_options& of, const meters& counted) : of_(&of), meters_(&counted) {}

    // Opens the file. errc::again if another instance has it: then this one must not read. Other failures mean that
    // positions are not kept; `tick` tries again.
    [[nodiscard]] result<void> open();
    // Where to go on; nothing if none is known.
    [[nodiscard]] std::optional<std::string> saved() const;

    // The entry that was published last.
    void reached(std::string_view cursor, std::chrono::nanoseconds now);
    void tick(std::chrono::nanoseconds now);
    void finish();

    [[nodiscard]] std::chrono::nanoseconds due() const noexcept;
    // What keeps positions from being saved; empty if nothing does.
    [[nodiscard]] const std::string& complaint() const noexcept { return complaint_; }
    // Set if the file was found corrupt.
    [[nodiscard]] const std::string& finding() const noexcept { return finding_; }

private:
    void save(const std::string& cursor);

    const journal_options* of_;
    const meters* meters_;
    std::optional<common::position_store::store> store_;
    std::string latest_;    // published last
    std::string settling_;  // to be saved at `settled_at_`
    std::chrono::nanoseconds settled_at_ = std::chrono::nanoseconds::max();
    std::chrono::nanoseconds opens_at_ = std::chrono::nanoseconds::max();
    std::string complaint_;
    std::string finding_;
};

}  // namespace sonde::systemd
