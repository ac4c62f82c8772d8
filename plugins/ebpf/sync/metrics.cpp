// SPDX-License-Identifier: Apache-2.0
#include "ebpf/sync/metrics.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "common/valid_utf8.hpp"
#include "ebpf/process/record.hpp"
#include "ebpf/sync/schema.hpp"

namespace sonde::ebpf::sync {
namespace {

constexpr std::array<std::string_view, SONDE_SYNC_CALLS> names{
    "fsync", "fdatasync", "sync_file_range", "msync", "write", "pwrite64", "writev", "pwritev", "pwritev2"};
constexpr double microsecond = 1e-6;
constexpr double nanosecond = 1e-9;
constexpr std::size_t bound_count = SONDE_SYNC_BUCKETS - 1;

bool is_write(const row& of) { return of.key.call >= SONDE_SYNC_WRITE; }

struct metric {
    std::string_view name;
    std::string_view unit;
    schema::metric_kind kind;
    std::string_view description;
};

constexpr metric duration{"process.file.operation.duration", "s", schema::metric_kind::histogram,
                          "Time that system calls on files took in the kernel"};
constexpr metric errors{"process.file.operation.errors", "{operation}", schema::metric_kind::monotonic_sum,
                        "System calls on files that failed"};
constexpr metric io{"process.file.io", "By", schema::metric_kind::monotonic_sum, "Bytes written to files"};

template <class Fill>
void write_metric(wire::writer& out, const metric& what, Fill&& points) {
    out.message(schema::set_metrics, [&] {
        out.text(schema::metric_name, what.name);
        out.text(schema::metric_unit, what.unit);
        out.uint(schema::metric_kind_of, static_cast<std::uint64_t>(what.kind));
        out.text(schema::metric_description, what.description);
        points();
    });
}

template <class Value>
void write_point(wire::writer& out, const row& of, Value&& value) {
    out.message(schema::metric_points, [&] {
        out.entry(schema::point_attributes, "file.operation.name", call_name(of.key.call));
        value();
        out.fixed64(schema::point_start_time, static_cast<std::uint64_t>(of.start.count()));
    });
}

void write_histogram(wire::writer& out, const sonde_sync_value& sums) {
    out.message(schema::point_histogram, [&] {
        out.uint(schema::histogram_count, calls_of(sums));
        out.number(schema::histogram_sum, static_cast<double>(sums.duration) * nanosecond);
        for (std::size_t i = 0; i < bound_count; ++i) {
            out.number(schema::histogram_bounds, upper_bound(i));
        }
        for (const std::uint64_t count : sums.buckets) {
            out.uint(schema::histogram_counts, count);
        }
    });
}

}  // namespace

std::string_view call_name(std::uint32_t call) noexcept {
    return call < names.size() ? names[call] : std::string_view{};
}

double upper_bound(std::size_t bucket) noexcept {
    return static_cast<double>(std::uint64_t{1} << std::min(bucket, bound_count - 1)) * microsecond;
}

void write_metrics(wire::writer& out, std::span<const row> rows) {
    std::string scratch;
    out.text(schema::set_group, "file_operations");
    write_metric(out, duration, [&] {
        for (const row& each : rows) {
            write_point(out, each, [&] { write_histogram(out, each.value); });
        }
    });
    write_metric(out, errors, [&] {
        for (const row& each : rows) {
            write_point(out, each, [&] { out.uint(schema::point_int_value, each.value.errors); });
        }
    });
    if (std::ranges::any_of(rows, is_write)) {
        write_metric(out, io, [&] {
            for (const row& each : rows) {
                if (is_write(each)) {
                    write_point(out, each, [&] { out.uint(schema::point_int_value, each.value.bytes); });
                }
            }
        });
    }
    out.entry(schema::set_attributes, "process.pid", std::to_string(rows.front().key.pid));
    out.entry(schema::set_attributes, "process.name",
              common::valid_utf8(process::text_of(rows.front().value.caller.name), scratch));
}

}  // namespace sonde::ebpf::sync
