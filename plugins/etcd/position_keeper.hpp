// SPDX-License-Identifier: Apache-2.0
// The saved positions of an instance's watches, one per range. What was published is saved a while later, when whoever
// listens has had the time to take it; so a crash of the agent repeats events and loses none. `finish` saves the exact
// positions.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sonde/host.hpp>
#include <sonde/result.hpp>

#include "common/position_store/store.hpp"
#include "etcd/meters.hpp"
#include "etcd/options.hpp"
#include "etcd/watch.hpp"

namespace sonde::etcd {

class position_keeper {
public:
    position_keeper(const state_options& of, const std::vector<key_range>& ranges, const meters& counted);

    // Opens the file. errc::again if another instance has it: then this one must not read. Other failures mean that
    // positions are not kept; `tick` tries again.
    [[nodiscard]] result<void> open();
    // What was told of range `i`; nothing if it is not known.
    [[nodiscard]] std::optional<watch::place> saved(std::size_t i) const;

    void reached(std::size_t i, const watch::place& at, std::chrono::nanoseconds now);
    void tick(std::chrono::nanoseconds now);
    void finish();

    [[nodiscard]] std::chrono::nanoseconds due() const noexcept;
    // What keeps positions from being saved; empty if nothing does.
    [[nodiscard]] const std::string& complaint() const noexcept { return complaint_; }
    // Set if the file was found corrupt.
    [[nodiscard]] const std::string& finding() const noexcept { return finding_; }

private:
    using places = std::vector<std::optional<watch::place>>;
    void save(const places& all);

    const state_options* of_;
    const meters* meters_;
    std::vector<std::string> keys_;  // in the file, by range
    std::optional<common::position_store::store> store_;
    places latest_;    // published last
    places settling_;  // to be saved at `settled_at_`
    std::chrono::nanoseconds settled_at_ = std::chrono::nanoseconds::max();
    std::chrono::nanoseconds opens_at_ = std::chrono::nanoseconds::max();
    std::string complaint_;
    std::string finding_;
};

// "<cluster id, hexadecimal>:<revision>" and back.
[[nodiscard]] std::string to_text(const watch::place& at);
[[nodiscard]] std::optional<watch::place> parse_place(std::string_view text) noexcept;

}  // namespace sonde::etcd
