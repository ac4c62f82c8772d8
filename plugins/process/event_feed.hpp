// SPDX-License-Identifier: Apache-2.0
// Where events come from while the ebpf collector does not tell them: the kernel while the connector works, else
// polling. Opens the connector, tries again after a loss with a growing pause, and gives up after a limit. Used by the
// data thread.
#pragma once

#include <chrono>
#include <optional>

#include "process/options.hpp"
#include "process/proc_connector.hpp"

namespace sonde::process {

class event_feed {
public:
    static constexpr std::chrono::nanoseconds first_pause = std::chrono::seconds(1);
    static constexpr std::chrono::nanoseconds longest_pause = std::chrono::seconds(60);
    static constexpr int most_attempts = 10;

    event_feed(event_source wanted, std::size_t receive_buffer) : wanted_(wanted), receive_buffer_(receive_buffer) {}

    // Tries to open the connector if it is wanted and due. True if it is open now and was not before.
    bool open_if_due(std::chrono::nanoseconds now);
    // The socket became useless.
    void lose(int error, std::chrono::nanoseconds now);
    // Closes the connector and ends polling, because somebody else tells of events; and begins anew.
    void suspend();
    void resume(std::chrono::nanoseconds now);

    [[nodiscard]] bool is_live() const noexcept { return connector_.has_value(); }
    [[nodiscard]] bool is_polling() const noexcept {
        return !is_live() && !is_suspended_ && wanted_ != event_source::off && wanted_ != event_source::ebpf;
    }
    [[nodiscard]] proc_connector& connector() noexcept { return *connector_; }
    // Why polling stands in for the connector.
    [[nodiscard]] const std::optional<connector_problem>& problem() const noexcept { return problem_; }
    // When to try again.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> next_attempt() const noexcept { return next_attempt_; }

private:
    void fail_with(connector_problem problem, std::chrono::nanoseconds now);

    event_source wanted_;
    std::size_t receive_buffer_;
    std::optional<proc_connector> connector_;
    std::optional<connector_problem> problem_;
    std::optional<std::chrono::nanoseconds> next_attempt_ = std::chrono::nanoseconds(0);
    std::chrono::nanoseconds pause_ = first_pause;
    int attempts_ = 0;
    bool is_suspended_ = false;
};

}  // namespace sonde::process
