// SPDX-License-Identifier: Apache-2.0
// The snapshots of process_family: one pass over the kernel's tasks for what they use, and, for a full one, a second
// for everything else. Each ends with a mark that says how many processes belong to it.
#include "ebpf/process/process_family.hpp"
#include "process/schema.hpp"

namespace sonde::ebpf::process {
namespace {

namespace schema = sonde::process::schema;

constexpr std::size_t usage_size = 320;  // a sample without texts
constexpr std::size_t fixed_size = 512;  // tags, numbers and identifiers; the texts come on top

}  // namespace

bool process_family::take_snapshot(bool is_full) {
    // The outcome of the hook, or the log, says why there are no counters; then everything is told each time.
    const bool has_usage = read_usage();
    is_full = is_full || !has_usage;
    if (!has_usage && !session_->open_iterator("process.snapshot")) {
        return false;
    }
    ++snapshots_;
    std::uint32_t told = 0;
    if (is_full) {
        told = tell_everything();
        since_full_ = 0;
    } else {
        for (const process_usage& one : usage_.all()) {
            publish_usage(one);
        }
        told = static_cast<std::uint32_t>(usage_.all().size());
        ++since_full_;
    }
    publish_snapshot_end(told, is_full);
    stream_.flush();
    return true;
}

bool process_family::read_usage() {
    usage_.clear();
    const auto iterator = session_->open_iterator("process.usage");
    if (!iterator) {
        return false;
    }
    const auto count = records_.read(iterator->number(), [this](auto record) { usage_.take(record); });
    if (!count) {
        host_.warn("usage of processes: " + count.error().message());
        return false;
    }
    usage_.finish();
    return true;
}

// The number of processes that were told.
std::uint32_t process_family::tell_everything() {
    const auto iterator = session_->open_iterator("process.snapshot");
    if (!iterator) {
        return 0;
    }
    std::uint32_t told = 0;
    const auto count = records_.read(iterator->number(), [&](std::span<const std::byte> record) {
        auto view = parse_exec(record);
        if (!view) {
            return;
        }
        if ((view->record->process.flags & SONDE_PROCESS_ARGS_UNREAD) != 0) {
            read_arguments(*view);
        }
        publish_process(*view, static_cast<std::int64_t>(view->record->event.time));
        ++told;
    });
    if (!count) {
        host_.warn("snapshot of processes: " + count.error().message());
    }
    return told;
}

void process_family::publish_process(const exec_view& view, std::int64_t time) {
    const sonde_process_exec& process = *view.record;
    // One that began after the first pass has only the times of its first thread, which is all that it has yet.
    process_usage used{};
    used.record.times = process.times;
    used.record.resident_pages = process.resident_pages;
    used.record.virtual_pages = process.virtual_pages;
    used.record.threads = process.threads;
    used.record.open_files = -1;
    if (const process_usage* const known = usage_.find(process.process.pid, process.process.start_time)) {
        used = *known;
    }
    used.record.state = process.state;
    writer_.look_up(process.process);
    const auto fill = [&](envelope_writer& envelope) {
        envelope.time(host_.wall(std::chrono::nanoseconds(time)), clock_quality::kernel).snapshot();
        writer_.identify(envelope, process.process);
        envelope.data(schema::content_type, schema::revision, [&](wire::writer& out) {
            out.uint(schema::event_kind, static_cast<std::uint64_t>(schema::kind::sample));
            out.message(schema::event_process, [&] {
                writer_.write(out, process.process);
                writer_.write_texts(out, view);
                write_usage(out, used);
            });
            out.uint(schema::event_snapshot_number, snapshots_);
        });
    };
    static_cast<void>(stream_.publish(fill, fixed_size + sizeof process + process.filename_size +
                                                process.executable_size + process.directory_size + view.args.size()));
}

void process_family::publish_usage(const process_usage& usage) {
    const sonde_process_usage& record = usage.record;
    writer_.look_up(record.process);
    const auto fill = [&](envelope_writer& envelope) {
        envelope.time(host_.wall(std::chrono::nanoseconds(record.event.time)), clock_quality::kernel).snapshot();
        writer_.identify(envelope, record.process);
        envelope.data(schema::content_type, schema::revision, [&](wire::writer& out) {
            out.uint(schema::event_kind, static_cast<std::uint64_t>(schema::kind::sample));
            out.message(schema::event_process, [&] {
                writer_.write_identity(out, record.process);
                write_usage(out, usage);
            });
            out.uint(schema::event_snapshot_number, snapshots_);
            out.uint(schema::event_usage_only, 1);
        });
    };
    static_cast<void>(stream_.publish(fill, usage_size));
}

void process_family::write_usage(wire::writer& out, const process_usage& usage) const {
    const sonde_process_usage& record = usage.record;
    const char state = state_letter(record.state);
    out.text(schema::state, {&state, 1});
    out.uint_if(schema::threads, record.threads);
    if (record.open_files >= 0) {
        out.uint(schema::open_files, static_cast<std::uint64_t>(record.open_files));
    }
    out.uint_if(schema::memory_rss, record.resident_pages * page_size_);
    out.uint_if(schema::memory_virtual, record.virtual_pages * page_size_);
    out.uint_if(schema::session_id, record.session_id);
    if (usage.has_all_times()) {
        process_writer::write_times(out, record.times);
    }
}

void process_family::publish_snapshot_end(std::uint32_t processes, bool is_full) {
    const auto fill = [&](envelope_writer& envelope) {
        envelope.time(host_.wall(), clock_quality::collector).snapshot();
        envelope.data(schema::content_type, schema::revision, [&](wire::writer& out) {
            out.uint(schema::event_kind, static_cast<std::uint64_t>(schema::kind::snapshot_end));
            out.uint(schema::event_snapshot_number, snapshots_);
            out.message(schema::event_snapshot_end, [&] {
                out.uint_if(schema::end_processes, processes);
                out.uint_if(schema::end_interval_nano, static_cast<std::uint64_t>(settings_.snapshot_interval.count()));
                out.uint_if(schema::end_is_partial, settings_.is_partial ? 1 : 0);
                out.uint_if(schema::end_is_usage_only, is_full ? 0 : 1);
                out.uint_if(schema::end_is_watched, tells_ends() ? 1 : 0);
            });
        });
    };
    static_cast<void>(stream_.publish(fill));
}

bool process_family::tells_ends() const {
    const bpf::hook_outcome* const exit = session_->outcome("process.exit");
    return exit != nullptr && !exit->program.empty();
}

// Readers that rely on this collector need not wait for its silence.
void process_family::tell_end() {
    if (snapshots_ == 0) {
        return;
    }
    static_cast<void>(stream_.publish([&](envelope_writer& envelope) {
        envelope.time(host_.wall(), clock_quality::collector);
        envelope.data(schema::content_type, schema::revision, [](wire::writer& out) {
            out.uint(schema::event_kind, static_cast<std::uint64_t>(schema::kind::source_end));
        });
    }));
    stream_.flush();
}

}  // namespace sonde::ebpf::process
