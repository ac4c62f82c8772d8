// SPDX-License-Identifier: Apache-2.0
#include "ebpf/process/process_family.hpp"

#include <algorithm>

#include <fcntl.h>
#include <unistd.h>

#include "process/schema.hpp"

namespace sonde::ebpf::process {
namespace {

namespace schema = sonde::process::schema;

constexpr std::size_t fixed_size = 512;  // tags, numbers and identifiers; the texts come on top
constexpr std::uint32_t signal_mask = 0x7f;

}  // namespace

process_family::process_family(const host& on, process_settings settings)
    : host_(on), settings_(std::move(settings)), writer_(on, settings_.cgroups),
      page_size_(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))) {}

std::vector<bpf::hook> process_family::hooks() const {
    return {
        {"process.exec", {{"process_exec", "tp_btf"}, {"process_exec_raw", "raw_tp"}}},
        {"process.fork", {{"process_fork", "tp_btf"}, {"process_fork_raw", "raw_tp"}}},
        {"process.exit",
         {{"process_exit_group", "tp_btf"}, {"process_exit", "tp_btf"}, {"process_exit_raw", "raw_tp"}}},
        {"process.snapshot",
         {{"process_snapshot_sleepable", "iter.s"}, {"process_snapshot", "iter"}},
         bpf::attach_to::iterator},
        {"process.usage", {{"process_usage", "iter"}}, bpf::attach_to::iterator},
    };
}

std::vector<record_kind> process_family::record_kinds() const {
    return {{SONDE_EVENT_EXEC, "exec"},
            {SONDE_EVENT_FORK, "fork"},
            {SONDE_EVENT_EXIT, "exit"},
            {SONDE_EVENT_PROCESS, "process"},
            {SONDE_EVENT_USAGE, "usage"}};
}

result<void> process_family::open(const bpf::session& on) {
    session_ = &on;
    auto opened = open_stream(host_, process_topic);
    if (!opened) {
        return std::unexpected(opened.error());
    }
    stream_ = *opened;
    return {};
}

bool process_family::on_record(const sonde_event& event, std::span<const std::byte> record) {
    switch (event.type) {
    case SONDE_EVENT_EXEC: return publish_exec(event, record);
    case SONDE_EVENT_FORK: return publish_fork(event, record);
    case SONDE_EVENT_EXIT: return publish_exit(event, record);
    default: return false;
    }
}

void process_family::on_lost(std::uint32_t type, std::uint64_t count) {
    static_cast<void>(type);
    since_full_ = full_every;  // the next snapshot mends what is missing
    stream_.drop(count, 0, drop_reason::kernel_ring_full);
}

void process_family::tick(std::chrono::nanoseconds now) {
    const bool is_due = settings_.snapshot_interval.count() > 0 && now >= next_snapshot_;
    if (!wants_state_ && !is_due) {
        return;
    }
    const bool is_full = std::exchange(wants_state_, false) || since_full_ + 1 >= full_every;
    next_snapshot_ = now + settings_.snapshot_interval;
    if (stream_.has_subscriber()) {
        static_cast<void>(take_snapshot(is_full));
    }
}

bool process_family::publish_exec(const sonde_event& event, std::span<const std::byte> record) {
    auto view = parse_exec(record);
    if (!view) {
        return false;
    }
    const sonde_process_exec& exec = *view->record;
    if ((exec.process.flags & SONDE_PROCESS_ARGS_UNREAD) != 0) {
        read_arguments(*view);
    }
    writer_.look_up(exec.process);
    const auto fill = [&](envelope_writer& envelope) {
        envelope.time(host_.wall(std::chrono::nanoseconds(event.time)), clock_quality::kernel);
        writer_.identify(envelope, exec.process);
        envelope.data(schema::content_type, schema::revision, [&](wire::writer& out) {
            out.uint(schema::event_kind, static_cast<std::uint64_t>(schema::kind::exec));
            out.message(schema::event_process, [&] {
                writer_.write(out, exec.process);
                writer_.write_texts(out, *view);
            });
        });
    };
    static_cast<void>(stream_.publish(fill, fixed_size + record.size() + view->args.size()));
    return true;
}

bool process_family::publish_fork(const sonde_event& event, std::span<const std::byte> record) {
    const auto* const fork = as<sonde_process_fork>(record);
    if (fork == nullptr) {
        return false;
    }
    writer_.look_up(fork->process);
    const auto fill = [&](envelope_writer& envelope) {
        envelope.time(host_.wall(std::chrono::nanoseconds(event.time)), clock_quality::kernel);
        writer_.identify(envelope, fork->process);
        envelope.data(schema::content_type, schema::revision, [&](wire::writer& out) {
            out.uint(schema::event_kind, static_cast<std::uint64_t>(schema::kind::fork));
            out.message(schema::event_process, [&] {
                writer_.write(out, fork->process);
                out.uint_if(schema::original_parent_pid, fork->process.parent_pid);
            });
        });
    };
    static_cast<void>(stream_.publish(fill, fixed_size));
    return true;
}

bool process_family::publish_exit(const sonde_event& event, std::span<const std::byte> record) {
    const auto* const exit = as<sonde_process_exit>(record);
    if (exit == nullptr) {
        return false;
    }
    if (is_repeated(exit->process)) {
        return true;
    }
    writer_.look_up(exit->process);
    const auto fill = [&](envelope_writer& envelope) {
        envelope.time(host_.wall(std::chrono::nanoseconds(event.time)), clock_quality::kernel);
        writer_.identify(envelope, exit->process);
        envelope.data(schema::content_type, schema::revision, [&](wire::writer& out) {
            out.uint(schema::event_kind, static_cast<std::uint64_t>(schema::kind::exit));
            out.message(schema::event_process, [&] {
                writer_.write(out, exit->process);
                process_writer::write_times(out, exit->times);
                out.uint_if(schema::memory_rss_peak, exit->resident_pages_peak * page_size_);
            });
            out.uint(schema::event_exit_code, exit->status >> 8 & 0xff);
            out.uint(schema::event_exit_signal, exit->status & signal_mask);
        });
    };
    static_cast<void>(stream_.publish(fill, fixed_size));
    return true;
}

bool process_family::is_repeated(const sonde_process& process) noexcept {
    const auto one = std::pair(process.pid, std::uint64_t{process.start_time});
    if (std::find(ended_.begin(), ended_.end(), one) != ended_.end()) {
        return true;
    }
    ended_[next_ended_] = one;
    next_ended_ = (next_ended_ + 1) % ended_.size();
    return false;
}

// The kernel side could not: /proc may still, if the process is there.
void process_family::read_arguments(exec_view& view) {
    const std::string path = settings_.proc_root + '/' + std::to_string(view.record->process.pid) + "/cmdline";
    const bpf::descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    arguments_.resize(settings_.args_limit);
    const ssize_t size = file ? ::read(file.number(), arguments_.data(), arguments_.size()) : 0;
    view.args = std::string_view(arguments_).substr(0, size > 0 ? static_cast<std::size_t>(size) : 0);
}

}  // namespace sonde::ebpf::process
