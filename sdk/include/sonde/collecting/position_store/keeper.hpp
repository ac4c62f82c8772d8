// SPDX-License-Identifier: Apache-2.0
// When positions are saved. What was published is saved a while later, when whoever listens has had the time to take
// it; so a crash of the agent repeats and loses nothing. `finish` saves the exact positions. Not thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <sonde/collecting/position_store/store.hpp>
#include <sonde/host.hpp>
#include <sonde/result.hpp>

namespace sonde::collecting::position_store {

struct keeper_settings {
    std::string directory;              // is made if its parent exists
    std::string name;                   // of the file there, without its ending
    bool is_synced = true;              // each save reaches the disk
    std::chrono::nanoseconds settle{};  // between a move and its save
};

// The collector's own: their names begin with its type.
struct keeper_counters {
    counter saved;     // saves
    counter failures;  // that came to nothing
    counter lost;      // files that were found corrupt
};

class keeper final {
public:
    // Calls what it is given with each key and its position as they are now.
    using positions = std::function<void(const std::function<void(std::string_view, std::string)>&)>;

    keeper(keeper_settings of, keeper_counters counted) : of_(std::move(of)), counted_(counted) {}

    // Opens the file. errc::again if another instance has it: then this one must not read. Other failures mean that
    // positions are not kept; `tick` tries again.
    [[nodiscard]] result<void> open();
    // Where to go on; nothing if that is not known.
    [[nodiscard]] std::optional<std::string> saved(std::string_view key) const;

    // Something has moved on: the next `tick` asks where it is.
    void touch() noexcept { is_changed_ = true; }
    void tick(std::chrono::nanoseconds now, const positions& current);
    // Saves at once, settled or not: where reading begins.
    void keep(const positions& current);
    // Saves and gives the file back.
    void finish(const positions& current);

    // CLOCK_MONOTONIC time of the next wanted `tick`.
    [[nodiscard]] std::chrono::nanoseconds due() const noexcept;
    // What keeps positions from being saved; empty if nothing does.
    [[nodiscard]] const std::string& complaint() const noexcept { return complaint_; }
    // Set if the file was found corrupt.
    [[nodiscard]] const std::string& finding() const noexcept { return finding_; }

private:
    void look(const positions& current);
    void save();

    keeper_settings of_;
    keeper_counters counted_;
    std::optional<store> store_;
    std::map<std::string, std::string, std::less<>> settling_;  // to be saved at `settled_at_`
    bool is_changed_ = false;
    std::chrono::nanoseconds settled_at_ = std::chrono::nanoseconds::max();
    std::chrono::nanoseconds opens_at_ = std::chrono::nanoseconds::max();
    std::string complaint_;
    std::string finding_;
};

}  // namespace sonde::collecting::position_store
