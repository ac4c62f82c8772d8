// SPDX-License-Identifier: Apache-2.0
#include "host/memory_group.hpp"

namespace sonde::host_metrics {
namespace {

constexpr metric_info usage{"system.memory.usage", "By", metric_kind::sum};
constexpr metric_info limit{"system.memory.limit", "By", metric_kind::sum};
constexpr metric_info shared{"system.memory.shared", "By", metric_kind::sum};
constexpr metric_info available{"system.linux.memory.available", "By", metric_kind::sum};
constexpr metric_info slab{"system.linux.memory.slab.usage", "By", metric_kind::sum};
constexpr metric_info dirty{"system.linux.memory.dirty", "By", metric_kind::sum};
constexpr metric_info committed{"system.linux.memory.committed", "By", metric_kind::sum};
constexpr metric_info swap_usage{"system.paging.usage", "By", metric_kind::sum};
constexpr metric_info faults{"system.paging.faults", "{fault}", metric_kind::monotonic_sum};
constexpr metric_info operations{"system.paging.operations", "{operation}", metric_kind::monotonic_sum};
constexpr metric_info oom_kills{"system.linux.memory.oom_kills", "{process}", metric_kind::monotonic_sum};

// Numbers of one file that were not taken at one moment may contradict each other.
std::uint64_t less(std::uint64_t from, std::uint64_t amount) { return from > amount ? from - amount : 0; }

void write_if(metric_writer& out, const metric_info& what, const optional_count& value) {
    if (value) {
        out.whole_metric(what, *value);
    }
}

}  // namespace

group_report memory_group::read(scan_inputs& from) {
    group_report report;
    memory_ = {};
    paging_ = {};
    if (const auto text = from.files().read("vmstat", buffer_)) {
        paging_ = parse_paging_counters(*text);
    } else {
        report.problem = text.error();
    }
    if (const auto text = from.files().read("meminfo", buffer_)) {
        memory_ = parse_memory_info(*text);
        if (!memory_.total || !memory_.free) {
            report.problem = error{errc::failed, "unexpected format", "meminfo"};
        }
    } else {
        report.problem = text.error();
    }
    report.malformed = memory_.malformed + paging_.malformed;
    report.has_points = memory_.total || paging_.faults;
    return report;
}

void memory_group::write(metric_writer& out) const {
    write_usage(out);
    write_swap(out);
    write_paging(out);
}

void memory_group::write_usage(metric_writer& out) const {
    if (memory_.total && memory_.free) {
        // The kernel gives back reclaimable slabs like cached pages; free(1) counts them as one, too.
        const std::uint64_t cached = memory_.cached.value_or(0) + memory_.slab_reclaimable.value_or(0);
        const std::uint64_t buffers = memory_.buffers.value_or(0);
        out.metric(usage, [&] {
            out.whole(less(*memory_.total, *memory_.free + buffers + cached), {{"system.memory.state", "used"}});
            out.whole(*memory_.free, {{"system.memory.state", "free"}});
            out.whole(buffers, {{"system.memory.state", "buffers"}});
            out.whole(cached, {{"system.memory.state", "cached"}});
        });
    }
    write_if(out, limit, memory_.total);
    write_if(out, available, memory_.available);
    write_if(out, shared, memory_.shared);
    write_if(out, dirty, memory_.dirty);
    write_if(out, committed, memory_.committed);
    if (memory_.slab_reclaimable && memory_.slab_unreclaimable) {
        out.metric(slab, [&] {
            out.whole(*memory_.slab_reclaimable, {{"linux.memory.slab.state", "reclaimable"}});
            out.whole(*memory_.slab_unreclaimable, {{"linux.memory.slab.state", "unreclaimable"}});
        });
    }
}

void memory_group::write_swap(metric_writer& out) const {
    if (memory_.swap_total && memory_.swap_free) {
        out.metric(swap_usage, [&] {
            out.whole(less(*memory_.swap_total, *memory_.swap_free), {{"system.paging.state", "used"}});
            out.whole(*memory_.swap_free, {{"system.paging.state", "free"}});
        });
    }
    if (paging_.swapped_in && paging_.swapped_out) {
        out.metric(operations, [&] {
            out.whole(*paging_.swapped_in, {{"system.paging.direction", "in"}});
            out.whole(*paging_.swapped_out, {{"system.paging.direction", "out"}});
        });
    }
}

void memory_group::write_paging(metric_writer& out) const {
    if (paging_.faults && paging_.major_faults) {
        out.metric(faults, [&] {
            out.whole(less(*paging_.faults, *paging_.major_faults), {{"system.paging.fault.type", "minor"}});
            out.whole(*paging_.major_faults, {{"system.paging.fault.type", "major"}});
        });
    }
    write_if(out, oom_kills, paging_.oom_kills);
}

}  // namespace sonde::host_metrics
