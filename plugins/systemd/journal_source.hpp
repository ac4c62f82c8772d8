// SPDX-License-Identifier: Apache-2.0
// Reads the journal in pieces that end soon, whatever the backlog, and goes on where it stood: after a restart at the
// saved position, after a full lane at the entry that found no room. An entry's position is kept only once the entry
// has been published, so each is told at least once, and all in the order of the journal. While nobody listens, nothing
// is read. Used by the data thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <poll.h>

#include <sonde/collecting/backoff.hpp>
#include <sonde/collecting/position_store/keeper.hpp>
#include <sonde/host.hpp>

#include "common/part_state.hpp"
#include "systemd/entry_builder.hpp"
#include "systemd/journal.hpp"
#include "systemd/journal_files.hpp"
#include "systemd/journal_filter.hpp"
#include "systemd/meters.hpp"
#include "systemd/publisher.hpp"

namespace sonde::systemd {

class journal_source {
public:
    journal_source(const host& on, const journal_options& of, const meters& counted, publisher& out,
                   std::uint32_t seed);

    void start();
    // Reads one piece if there is something to read and somebody to read it for.
    void turn();
    // Saves the exact position.
    void finish();

    // Its fd is -1 while there is nothing to wait for.
    [[nodiscard]] pollfd descriptor() const noexcept;
    // CLOCK_MONOTONIC time of the next wanted turn; 0 if there is more to read.
    [[nodiscard]] std::chrono::nanoseconds due() const noexcept;
    [[nodiscard]] const common::part_state& state() const noexcept { return state_; }
    [[nodiscard]] const file_summary& files() const noexcept { return files_; }
    [[nodiscard]] const std::string& cursor() const noexcept { return last_cursor_; }
    [[nodiscard]] std::uint64_t told() const noexcept { return told_; }

private:
    enum class step : std::uint8_t { told, skipped, at_the_end, no_room, failed };

    void open();
    [[nodiscard]] result<void> go_to_position();
    void close(std::string_view why);
    void read_piece();
    [[nodiscard]] step read_entry();
    [[nodiscard]] step publish(std::string_view cursor, const entry_place& at);
    [[nodiscard]] bool passes();
    void follow_numbers(const entry_place& at);
    void look_at_files();
    void judge();
    void tell_position(const std::function<void(std::string_view, std::string)>& take) const;

    host host_;
    const journal_options* of_;
    const meters* meters_;
    publisher* out_;
    collecting::backoff pause_;
    unit_choice choice_;
    entry_builder builder_;
    collecting::position_store::keeper position_;
    bool is_filtered_;  // by the journal's index
    std::optional<journal> journal_;
    file_summary files_;
    common::part_state state_;
    std::string failure_;      // why there is no open journal
    bool is_in_use_ = false;   // another instance has the file of positions
    bool is_holding_ = false;  // the entry at which the journal is has not been told
    bool has_more_ = false;
    std::chrono::nanoseconds opens_at_{};
    std::chrono::nanoseconds surveys_at_{};
    std::string last_cursor_;
    id128 last_sequence_{};
    std::uint64_t last_number_ = 0;
    std::uint64_t told_ = 0;
};

}  // namespace sonde::systemd
