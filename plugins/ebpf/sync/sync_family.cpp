// SPDX-License-Identifier: Apache-2.0
#include "ebpf/sync/sync_family.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "ebpf/calls/caller.hpp"
#include "ebpf/sync/metrics.hpp"
#include "ebpf/sync/schema.hpp"

namespace sonde::ebpf::sync {
namespace {

constexpr std::uint32_t most_sums = 1024;    // pairs of process and call
constexpr std::uint32_t most_begun = 16384;  // calls at a time

// A kernel without function tracing refuses all of them: it is not asked for each.
constexpr const char* by_function = "sync by function";

bool is_same_process(const row& one, const row& other) {
    return one.key.pid == other.key.pid && one.key.process_start == other.key.process_start;
}

// A hook where the call begins and one where it ends, each with the program that is better and the other one.
struct call_hooks {
    const char* begin;
    const char* entry;
    const char* entry_point;
    const char* end;
    const char* exit;
    const char* exit_point;
};
#define SYNC_CALL(name)                                                                                                \
    call_hooks{"sync." name ".begin", "sync_" name "_begin", "sync_" name "_begin_tp",                                 \
               "sync." name ".end",   "sync_" name "_end",   "sync_" name "_end_tp"}
constexpr std::array calls_measured{SYNC_CALL("fsync"),  SYNC_CALL("fdatasync"), SYNC_CALL("sync_file_range"),
                                    SYNC_CALL("msync"),  SYNC_CALL("write"),     SYNC_CALL("pwrite64"),
                                    SYNC_CALL("writev"), SYNC_CALL("pwritev"),   SYNC_CALL("pwritev2")};
#undef SYNC_CALL
static_assert(calls_measured.size() == SONDE_SYNC_CALLS);

}  // namespace

sync_family::sync_family(const host& on, sync_settings settings, page& shown)
    : host_(on), settings_(std::move(settings)), shown_(&shown), writer_(on, settings_.cgroups),
      ledger_(settings_.proc_root) {}

std::vector<bpf::hook> sync_family::hooks() const {
    std::vector<bpf::hook> all;
    for (const call_hooks& each : calls_measured) {
        all.push_back({each.begin, {{each.entry, "fentry", nullptr, by_function}, {each.entry_point, "tracepoint"}}});
        all.push_back({each.end, {{each.exit, "fexit", nullptr, by_function}, {each.exit_point, "tracepoint"}}});
    }
    return all;
}

std::vector<bpf::constant> sync_family::constants() const {
    return {bpf::make_constant("sonde_sync_config", settings_.processes)};
}

std::vector<bpf::map_size> sync_family::map_sizes() const {
    return {{"sync_sums", most_sums}, {"sync_begun", most_begun}};
}

result<void> sync_family::open(const bpf::session& on) {
    auto opened = open_stream(host_, metric_topic);
    if (!opened) {
        return std::unexpected(opened.error());
    }
    stream_ = *opened;
    if (const int map = on.map_fd("sync_sums"); map >= 0) {
        sums_.emplace(map, sizeof(sonde_sync_key), sizeof(sonde_sync_value));
    }
    return {};
}

void sync_family::tick(std::chrono::nanoseconds now) {
    if (now >= next_) {
        next_ = now + settings_.interval;
        tell();
    }
}

void sync_family::tell() {
    if (!sums_) {
        return;
    }
    std::vector<row> rows;
    const auto read = sums_->for_each([&](std::span<const std::byte> key, std::span<const std::byte> value) {
        row one;
        std::memcpy(&one.key, key.data(), sizeof one.key);
        std::memcpy(&one.value, value.data(), sizeof one.value);
        rows.push_back(one);
    });
    if (!read) {
        host_.warn(read.error().message());
        return;
    }
    tell(std::move(rows));
}

void sync_family::tell(std::vector<row> rows) {
    // One that is being made is told next time.
    std::erase_if(rows, [](const row& of) { return of.value.since == 0 || call_name(of.key.call).empty(); });
    ledger_.take(rows, [this](std::chrono::nanoseconds monotonic) { return host_.wall(monotonic); });
    shown_->set(to_json(rows));
    const auto now = host_.wall();
    for (auto begin = rows.begin(); begin != rows.end() && stream_.has_subscriber();) {
        const auto end =
            std::find_if(begin, rows.end(), [&](const row& other) { return !is_same_process(*begin, other); });
        publish({begin, end}, now);
        begin = end;
    }
    for (const row& each : rows) {
        if (each.is_over && sums_) {
            sums_->erase(std::as_bytes(std::span(&each.key, 1)));
        }
    }
}

void sync_family::publish(std::span<const row> rows, std::chrono::nanoseconds now) {
    const sonde_process process = calls::process_of(rows.front().value.caller);
    writer_.look_up(process);
    const std::size_t size_hint = stream::first_try * (1 + rows.size());
    // Whatever is refused has been counted by the lane.
    static_cast<void>(stream_.publish(
        [&](envelope_writer& envelope) {
            envelope.time(now, clock_quality::collector);
            writer_.identify(envelope, process);
            envelope.data(schema::metric_type, schema::revision, [&](wire::writer& out) { write_metrics(out, rows); });
        },
        size_hint));
}

}  // namespace sonde::ebpf::sync
