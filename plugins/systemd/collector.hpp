// SPDX-License-Identifier: Apache-2.0
// The component that the host drives: options, life cycle and endpoints around the two halves.
#pragma once

#include <mutex>
#include <optional>

#include <sonde/component.hpp>

#include "systemd/journal_source.hpp"
#include "systemd/pages.hpp"
#include "systemd/unit_source.hpp"

namespace sonde::systemd {

class collector final {
public:
    static constexpr component_info info{
        .role = role::collector,
        .type = "systemd",
        .summary = "Units, jobs and the journal of systemd",
        .description =
            "Units as they are loaded, change their state, fail and go, with main process, result, exit code, "
            "restarts, memory and CPU time; jobs with their results; and every entry of the journal, at least "
            "once and in order, over restarts too. Either half works without the other.",
        .publishes = {unit_topic, job_topic, entry_topic},
        .flags = SONDE_COMPONENT_STATEFUL,
    };
    static constexpr auto options = option_table;
    static constexpr std::array endpoints{
        endpoint_info{"check", "GET", "application/json", "Does each half work, and if not, why"},
        endpoint_info{"units", "GET", "application/json", "Units that are followed; ?state= for those in one state"},
    };

    explicit collector(host on) : host_(on), meters_(on), out_(on, meters_) {}

    [[nodiscard]] result<void> configure(const settings& values);
    [[nodiscard]] result<void> start();
    [[nodiscard]] result<void> run(run_context& until);
    [[nodiscard]] result<void> stop(std::chrono::nanoseconds deadline);
    // Thread-safe between start and stop.
    [[nodiscard]] result<void> handle(std::string_view endpoint, const request& from, response& to);

private:
    struct halves {
        halves(const host& on, const option_values& of, const meters& counted, publisher& out, std::uint32_t seed)
            : units(on, of.units, counted, out, seed), journal(on, of.journal, counted, out, seed + 1) {}
        unit_source units;
        journal_source journal;
    };

    [[nodiscard]] std::chrono::nanoseconds wait() const;
    void turn(bool is_new_subscriber);
    void report();

    host host_;
    meters meters_;
    publisher out_;
    option_values values_;
    std::mutex mutex_;  // guards halves_ against endpoints
    std::optional<halves> halves_;
    std::optional<health_report> reported_;
};

}  // namespace sonde::systemd
