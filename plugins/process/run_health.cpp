// SPDX-License-Identifier: Apache-2.0
// What the status of the collector says: what is wrong, and where processes come from and why.
#include "process/run_loop.hpp"

namespace sonde::process {

// Reports only what differs from the last report.
void run_loop::report_health() {
    health state = health::ok;
    std::string reason;
    std::string text;
    const auto add = [&](health worse, std::string_view code, std::string_view what) {
        state = reason.empty() ? worse : state;
        reason = reason.empty() ? code : reason;
        text.append(text.empty() ? "" : "; ").append(what);
    };
    if (!scan_problem_.empty()) {
        add(health::recoverable, "proc_unreadable", scan_problem_);
    }
    if (const auto& problem = feed_.problem()) {
        add(problem->permanent ? health::permanent : health::recoverable, problem->reason,
            problem->text + "; events come from polling instead");
    }
    if (store_->is_full()) {
        add(health::recoverable, "table_full", "more processes than table_limit: some are left out; raise it");
    }
    if (store_->tree().was_denied()) {
        add(health::recoverable, "open_files_denied",
            "open files of other users' processes are not counted; grant CAP_SYS_PTRACE to count them");
    }
    if (const auto absence = ebpf_problem()) {
        add(health::recoverable, absence->reason, absence->text);
    }
    text.append(text.empty() ? "" : "; ").append(explain_source());
    std::string report = reason + '\n' + text;
    if (report != reported_) {
        reported_ = std::move(report);
        host_.report(state, reason, text);
    }
}

// Only what somebody should look at: that nobody runs an ebpf collector is no fault, unless one was asked for.
std::optional<connector_problem> run_loop::ebpf_problem() const {
    using enum ebpf_source::absence;
    if (!heeds_ebpf() || ebpf_.is_live()) {
        return std::nullopt;
    }
    const bool is_required = values_.events == event_source::ebpf;
    switch (ebpf_.why_not()) {
    case never_seen:
    case ended:
        if (is_required) {
            return connector_problem{"ebpf_missing", "no ebpf collector tells processes; configure one", false};
        }
        return std::nullopt;
    case silent: return connector_problem{"ebpf_silent", "the ebpf collector tells processes no more", false};
    case partial:
        return connector_problem{"ebpf_partial", "the ebpf collector leaves processes out: see its containers_only",
                                 false};
    case without_interval:
        return connector_problem{"ebpf_partial", "the ebpf collector makes no snapshots: set its snapshot_interval",
                                 false};
    }
    return std::nullopt;
}

std::string run_loop::explain_source() const {
    if (ebpf_.is_live()) {
        return "processes come from the ebpf collector";
    }
    if (values_.events == event_source::ebpf) {
        return "nothing tells processes";
    }
    const std::string why = values_.events != event_source::automatic ? ""
                            : ebpf_.why_not() == ebpf_source::absence::never_seen
                                ? ", since no ebpf collector tells them"
                            : ebpf_.why_not() == ebpf_source::absence::ended ? ", since the ebpf collector has ended"
                                                                             : "";
    if (feed_.is_live()) {
        return "processes come from the proc connector and scans" + why;
    }
    return (feed_.is_polling() ? "processes come from polling" : "processes come from scans") + why;
}

}  // namespace sonde::process
