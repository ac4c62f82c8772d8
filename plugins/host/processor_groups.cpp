// SPDX-License-Identifier: Apache-2.0
#include "host/processor_groups.hpp"

#include <unistd.h>

namespace sonde::host_metrics {
namespace {

constexpr metric_info cpu_time{"system.cpu.time", "s", metric_kind::monotonic_sum};
constexpr metric_info cpu_count{"system.cpu.logical.count", "{cpu}", metric_kind::sum};
constexpr metric_info context_switches{"system.linux.context_switches", "{switch}", metric_kind::monotonic_sum};
constexpr metric_info interrupts{"system.linux.interrupts", "{interrupt}", metric_kind::monotonic_sum};
constexpr std::array load_averages{
    metric_info{"system.cpu.load_average.1m", "{thread}", metric_kind::gauge},
    metric_info{"system.cpu.load_average.5m", "{thread}", metric_kind::gauge},
    metric_info{"system.cpu.load_average.15m", "{thread}", metric_kind::gauge},
};
constexpr metric_info process_count{"system.process.count", "{process}", metric_kind::sum};
constexpr metric_info created{"system.process.created", "{process}", metric_kind::monotonic_sum};
constexpr metric_info thread_count{"system.linux.thread.count", "{thread}", metric_kind::sum};
constexpr metric_info waiting_threads{"system.linux.thread.busy", "{thread}", metric_kind::sum};
constexpr metric_info stall_time{"system.linux.pressure.time", "s", metric_kind::monotonic_sum};

double ticks_per_second() {
    static const double ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    return ticks;
}

error unexpected_format(const char* file) { return {errc::failed, "unexpected format", file}; }

}  // namespace

group_report cpu_group::read(scan_inputs& from) {
    const auto stat = from.stat();
    if (!stat) {
        return {.problem = stat.error()};
    }
    stat_ = *stat;
    if (!stat_->total) {
        return {.malformed = stat_->malformed, .problem = unexpected_format("stat")};
    }
    return {.has_points = true, .malformed = stat_->malformed};
}

void cpu_group::write(metric_writer& out) const {
    const auto seconds = [](const cpu_times& times, std::size_t mode) {
        return static_cast<double>(times.ticks[mode]) / ticks_per_second();
    };
    out.metric(cpu_time, [&] {
        for (std::size_t mode = 0; mode < cpu_mode_count; ++mode) {
            if (!tells_each_) {
                out.real(seconds(*stat_->total, mode), {{"cpu.mode", cpu_mode_names[mode]}});
                continue;
            }
            for (const cpu_times& cpu : stat_->cpus) {
                out.real(seconds(cpu, mode),
                         {{"cpu.mode", cpu_mode_names[mode]}, {"cpu.logical_number", std::to_string(cpu.number)}});
            }
        }
    });
    if (!stat_->cpus.empty()) {
        out.whole_metric(cpu_count, stat_->cpus.size());
    }
    if (stat_->context_switches) {
        out.whole_metric(context_switches, *stat_->context_switches);
    }
    if (stat_->interrupts) {
        out.whole_metric(interrupts, *stat_->interrupts);
    }
}

group_report load_group::read(scan_inputs& from) {
    const auto text = from.files().read("loadavg", buffer_);
    if (!text) {
        return {.problem = text.error()};
    }
    const auto load = parse_load(*text);
    if (!load) {
        return {.malformed = 1, .problem = unexpected_format("loadavg")};
    }
    load_ = *load;
    return {.has_points = true};
}

void load_group::write(metric_writer& out) const {
    for (std::size_t i = 0; i < load_averages.size(); ++i) {
        out.real_metric(load_averages[i], load_.averages[i]);
    }
}

group_report processes_group::read(scan_inputs& from) {
    group_report report;
    stat_ = nullptr;
    processes_.reset();
    threads_.reset();
    if (const auto stat = from.stat()) {
        stat_ = *stat;  // its malformed lines are counted for the group cpu
    } else {
        report.problem = stat.error();
    }
    if (const auto count = from.files().count_processes()) {
        processes_ = *count;
    } else {
        report.problem = count.error();
    }
    if (const auto text = from.files().read("loadavg", buffer_)) {
        if (const auto load = parse_load(*text)) {
            threads_ = load->threads;
        }
    }
    report.has_points = stat_ != nullptr || processes_ || threads_;
    return report;
}

void processes_group::write(metric_writer& out) const {
    if (processes_) {
        out.whole_metric(process_count, *processes_);
    }
    if (threads_) {
        out.whole_metric(thread_count, *threads_);
    }
    if (stat_ == nullptr) {
        return;
    }
    if (stat_->forks) {
        out.whole_metric(created, *stat_->forks);
    }
    if (stat_->running && stat_->blocked) {
        out.metric(waiting_threads, [&] {
            out.whole(*stat_->running, {{"state", "running"}});
            out.whole(*stat_->blocked, {{"state", "blocked"}});
        });
    }
}

group_report pressure_group::read(scan_inputs& from) {
    group_report report;
    resources_.clear();
    for (const std::string_view name : {"cpu", "memory", "io", "irq"}) {
        const auto text = from.files().read("pressure/" + std::string(name), buffer_);
        if (!text) {
            continue;  // no PSI, or not for this resource
        }
        if (const auto pressure = parse_pressure(*text)) {
            resources_.push_back({name, *pressure});
        } else {
            ++report.malformed;
        }
    }
    report.has_points = !resources_.empty();
    return report;
}

void pressure_group::write(metric_writer& out) const {
    constexpr double microseconds = 1e6;
    out.metric(stall_time, [&] {
        for (const auto& [name, pressure] : resources_) {
            const auto level = [&](const char* of, std::optional<std::uint64_t> stalled) {
                if (stalled) {
                    out.real(static_cast<double>(*stalled) / microseconds, {{"resource", name}, {"level", of}});
                }
            };
            level("some", pressure.some);
            level("full", pressure.full);
        }
    });
}

}  // namespace sonde::host_metrics
