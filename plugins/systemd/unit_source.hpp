// SPDX-License-Identifier: Apache-2.0
// Follows units and jobs over the bus: connects, lists, listens, and begins again when the bus or systemd goes away,
// telling only what is different then. Used by the data thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <poll.h>

#include <sonde/collecting/backoff.hpp>
#include <sonde/host.hpp>

#include "common/part_state.hpp"
#include "systemd/manager_bus.hpp"
#include "systemd/meters.hpp"
#include "systemd/publisher.hpp"
#include "systemd/unit_table.hpp"

namespace sonde::systemd {

class unit_source final : private manager_listener {
public:
    unit_source(const host& on, const unit_options& of, const meters& counted, publisher& out, std::uint32_t seed);
    unit_source(const unit_source&) = delete;
    unit_source& operator=(const unit_source&) = delete;

    void turn();
    // Everything that is known, again, as soon as it is known.
    void request_snapshot() noexcept { wants_snapshot_ = true; }

    // Its fd is -1 without a connection.
    [[nodiscard]] pollfd descriptor() const noexcept;
    // CLOCK_MONOTONIC time of the next wanted turn; 0 if there is more to do.
    [[nodiscard]] std::chrono::nanoseconds due() const noexcept;
    [[nodiscard]] const common::part_state& state() const noexcept { return state_; }
    [[nodiscard]] const unit_table& units() const noexcept { return table_; }

private:
    enum class phase : std::uint8_t { listing, asking, following };

    // A question that waits for its turn.
    struct question {
        std::string unit;
        std::string interface;  // empty: all of them
        const char* property;   // null: all of the interface
    };
    struct job_row {
        job_facts facts;
        bool is_told = false;
    };

    void on_list(const std::vector<listed_unit>& all) override;
    void on_refusal(std::string_view error_name, std::string_view text) override;
    void on_answer(const std::string& unit, const unit_change& found, bool is_answer) override;
    void on_unit_new(const std::string& unit) override;
    void on_unit_removed(const std::string& unit) override;
    void on_properties(const std::string& unit, const unit_change& found, bool is_last) override;
    void on_job_new(const job_facts& job) override;
    void on_job_type(std::uint32_t id, std::string_view type) override;
    void on_job_removed(const job_facts& job) override;
    void on_reloading(bool has_begun) override;
    void on_manager(bool is_there) override;

    void connect();
    void disconnect(std::string_view reason, std::string_view text);
    void list();
    void ask(unit_row& row, std::string interface, const char* property);
    void ask_details(unit_row& row);
    void ask_next();
    void begin_samples();
    void settle_list();

    host host_;
    const unit_options* of_;
    const meters* meters_;
    publisher* out_;
    collecting::backoff pause_;
    unit_table table_;
    std::unique_ptr<manager_bus> bus_;
    std::string address_;
    common::part_state state_;
    phase phase_ = phase::listing;
    std::deque<question> questions_;
    std::size_t asked_ = 0;  // without an answer yet
    std::map<std::uint32_t, job_row> jobs_;
    bool is_reloading_ = false;
    bool has_more_ = false;
    bool wants_snapshot_ = false;
    bool has_synced_ = false;
    std::string refusal_;  // set from inside a callback; the connection is given up after it
    std::string refusal_text_;
    std::chrono::nanoseconds connects_at_{};
    std::chrono::nanoseconds samples_at_{};
    std::chrono::nanoseconds retells_at_{};
};

}  // namespace sonde::systemd
