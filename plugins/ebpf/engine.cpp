// SPDX-License-Identifier: Apache-2.0
#include "ebpf/engine.hpp"

#include <algorithm>

#include <malloc.h>

#include <sonde_bpf/config.h>

#include "bpf/support/programs.hpp"

namespace sonde::ebpf {
namespace {

constexpr std::chrono::nanoseconds count_interval = std::chrono::seconds(1);

bpf::load_options wishes(const bpf::capability_report& machine, const option_values& options) {
    bpf::load_options all;
    all.object = bpf::embedded_programs();
    all.without = options.without;
    all.interfaces = options.xdp_interfaces;
    all.cgroup_root = machine.cgroup_root;
    all.btf_path = options.btf_path;
    all.map_sizes.push_back({"sonde_ring", options.ring_size});
    sonde_bpf_config config{};
    config.wake_bytes = options.ring_size / 4;
    config.args_limit = options.args_limit;
    config.containers_only = options.containers_only ? 1 : 0;
    all.constants.push_back(bpf::make_constant("sonde_config", config));
    return all;
}

template <class T>
void append(std::vector<T>& to, std::vector<T> more) {
    std::move(more.begin(), more.end(), std::back_inserter(to));
}

}  // namespace

engine::engine(const host& on, tally& counted, map_meters& maps, std::vector<std::unique_ptr<family>> families)
    : host_(on), lane_(on.extension<sonde_host_lane>(SONDE_HOST_LANE)), tally_(&counted), maps_(&maps),
      families_(std::move(families)),
      fill_(on.make_gauge("ebpf.ring.fill", "By", "Most bytes that waited in the ring within the last second")) {}

engine::~engine() = default;

result<void> engine::open(const bpf::capability_report& machine, const option_values& options) {
    bpf::load_options wanted = wishes(machine, options);
    for (const auto& one : families_) {
        append(wanted.hooks, one->hooks());
        append(wanted.constants, one->constants());
        append(wanted.map_sizes, one->map_sizes());
        for (const record_kind& kind : one->record_kinds()) {
            owners_[kind.type] = one.get();
            tally_->name(kind);
        }
    }
    auto loaded = bpf::session::load(wanted);
    if (!loaded) {
        return std::unexpected(loaded.error());
    }
    session_.emplace(std::move(*loaded));
    // Loading reads the kernel's types, tens of megabytes for a moment, which malloc would keep for ever.
    ::malloc_trim(0);
    for (const auto& one : families_) {
        if (auto opened = one->open(*session_); !opened) {
            return opened;
        }
    }
    if (!session_->is_loaded()) {
        return {};
    }
    auto ring = bpf::ring_reader::open(session_->map_fd("sonde_ring"));
    if (!ring) {
        return std::unexpected(ring.error());
    }
    ring_.emplace(std::move(*ring));
    losses_.emplace(session_->map_fd("sonde_losses"));
    maps_->open(*session_);
    if (options.program_statistics) {
        if (auto held = bpf::measure_programs(); held) {
            measuring_ = std::move(*held);
        } else {
            host_.warn(held.error().message());
        }
    }
    return {};
}

std::size_t engine::drain(std::size_t most) {
    if (!ring_) {
        return 0;
    }
    fullest_ = std::max(fullest_, ring_->pending());
    return ring_->drain([this](std::span<const std::byte> record) { hand_out(record); }, most);
}

void engine::flush() const noexcept {
    if (lane_ != nullptr) {
        lane_->flush(host_.abi());
    }
}

void engine::hand_out(std::span<const std::byte> record) {
    const auto* const event = reinterpret_cast<const sonde_event*>(record.data());
    if (record.size() < sizeof *event || event->type >= owners_.size() || owners_[event->type] == nullptr ||
        event->size != record.size()) {
        tally_->count_malformed();
        return;
    }
    tally_->count_event(event->type);
    if (!owners_[event->type]->on_record(*event, record)) {
        tally_->count_malformed();
    }
}

void engine::tick(std::chrono::nanoseconds now) {
    for (const auto& one : families_) {
        one->tick(now);
    }
    maps_->tick(now);
    if (now < next_count_) {
        return;
    }
    next_count_ = now + count_interval;
    fill_.set(static_cast<std::int64_t>(std::exchange(fullest_, 0)));
    count_losses();
    count_programs();
}

void engine::tell_state() {
    for (const auto& one : families_) {
        one->tell_state();
    }
}

void engine::tell_end() {
    for (const auto& one : families_) {
        one->tell_end();
    }
}

void engine::count_losses() {
    if (!losses_) {
        return;
    }
    if (const auto refreshed = losses_->refresh(); !refreshed) {
        host_.warn(refreshed.error().message());
        return;
    }
    for (std::uint32_t type = 0; type < SONDE_EVENT_TYPE_COUNT; ++type) {
        for (std::uint32_t i = 0; i < SONDE_LOSS_REASON_COUNT; ++i) {
            const auto reason = static_cast<sonde_loss_reason>(i);
            const std::uint64_t count = losses_->delta(type, reason);
            if (count == 0) {
                continue;
            }
            tally_->count_lost(type, reason, count);
            if (reason == SONDE_LOSS_RING_FULL && owners_[type] != nullptr) {
                owners_[type]->on_lost(type, count);
            }
        }
    }
}

void engine::count_programs() {
    const auto all = session_->usage();
    if (programs_.empty()) {
        for (const bpf::program_usage& one : all) {
            const host::attributes with{{"program", one.program}};
            programs_.push_back(
                {host_.make_counter("ebpf.program.runs", "{run}", "Runs while statistics were on", with),
                 host_.make_counter("ebpf.program.time", "ns", "Run time while statistics were on", with),
                 host_.make_counter("ebpf.program.missed", "{run}",
                                    "Runs left out because the program was running on that CPU", with),
                 {}});
        }
    }
    for (std::size_t i = 0; i < std::min(all.size(), programs_.size()); ++i) {
        program_meter& meter = programs_[i];
        meter.runs.add(all[i].runs - meter.seen.runs);
        meter.time.add(all[i].nanoseconds - meter.seen.nanoseconds);
        meter.missed.add(all[i].missed - meter.seen.missed);
        meter.seen = all[i];
    }
}

}  // namespace sonde::ebpf
