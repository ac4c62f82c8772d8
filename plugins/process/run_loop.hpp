// SPDX-License-Identifier: Apache-2.0
// The data thread of the collector: waits for kernel events, signals and the next scan, and keeps the status. One
// object per run.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include <sonde/host.hpp>
#include <sonde/run.hpp>

#include "process/ebpf_source.hpp"
#include "process/event_feed.hpp"
#include "process/event_handler.hpp"
#include "process/options.hpp"
#include "process/process_store.hpp"
#include "process/scanner.hpp"

namespace sonde::process {

// The options, shared between the control thread that changes them and the data thread that reads copies.
class shared_options {
public:
    void set(option_values values) {
        const std::lock_guard lock(mutex_);
        values_ = std::move(values);
    }
    [[nodiscard]] option_values copy() const {
        const std::lock_guard lock(mutex_);
        return values_;
    }

private:
    mutable std::mutex mutex_;
    option_values values_;
};

class run_loop {
public:
    // `reload_fd` is an eventfd that is written when `shared` has changed.
    run_loop(const host& on, const meters& counted, publisher& out, process_store& store, const shared_options& shared,
             int reload_fd);

    // Until stopped. Fails only when the connector is required and does not work.
    [[nodiscard]] result<void> run(run_context& until);
    // What the ebpf collector tells; called inside run.
    [[nodiscard]] result<void> consume(const batch_view& batch);

private:
    [[nodiscard]] std::chrono::nanoseconds time_to_wait() const;
    [[nodiscard]] result<void> check_feed();
    [[nodiscard]] bool heeds_ebpf() const noexcept;
    void follow_ebpf();
    void tell_end();
    void adopt_options();
    void reload();
    bool take_events();
    void advance_scan();
    void begin_due_scan();
    void begin_scan(const scan_plan& plan);
    [[nodiscard]] scan_plan plan(depth how) const;
    void report_health();
    [[nodiscard]] std::optional<connector_problem> ebpf_problem() const;
    [[nodiscard]] std::string explain_source() const;

    host host_;
    const meters* meters_;
    publisher* out_;
    process_store* store_;
    const shared_options* shared_;
    int reload_fd_;
    option_values values_;
    event_feed feed_;
    event_handler handler_;
    scanner scanner_;
    ebpf_source ebpf_;
    bool was_ebpf_ = false;  // at the last turn

    std::optional<std::chrono::nanoseconds> next_scan_;  // none: only at start
    std::chrono::nanoseconds next_poll_{};
    std::chrono::nanoseconds last_extra_scan_{};  // of the two below
    bool wants_resync_ = false;
    bool wants_snapshot_ = false;
    std::string scan_problem_;
    std::string reported_;
};

}  // namespace sonde::process
