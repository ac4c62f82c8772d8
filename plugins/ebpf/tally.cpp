// SPDX-License-Identifier: Apache-2.0
#include "ebpf/tally.hpp"

#include "bpf/support/losses.hpp"
#include "common/json_text.hpp"

namespace sonde::ebpf {

tally::tally(const host& on)
    : host_(on), malformed_meter_(on.make_counter("ebpf.records.malformed", "{record}", "Records that make no sense")) {
}

void tally::name(const record_kind& kind) {
    row& named = rows_[kind.type];
    named.name = kind.name;
    named.event_meter = host_.make_counter("ebpf.events", "{event}", "Records told by the kernel programs, by kind",
                                           {{"kind", kind.name}});
    for (std::uint32_t i = 0; i < SONDE_LOSS_REASON_COUNT; ++i) {
        named.lost_meters[i] =
            host_.make_counter("ebpf.losses", "{event}", "Records that are missing, or lack a part, by kind and reason",
                               {{"kind", kind.name}, {"reason", bpf::name(static_cast<sonde_loss_reason>(i))}});
    }
}

void tally::count_event(std::uint32_t type) noexcept {
    rows_[type].events.fetch_add(1, std::memory_order_relaxed);
    rows_[type].event_meter.add();
}

void tally::count_malformed() noexcept {
    malformed_.fetch_add(1, std::memory_order_relaxed);
    malformed_meter_.add();
}

void tally::count_lost(std::uint32_t type, sonde_loss_reason reason, std::uint64_t count) noexcept {
    rows_[type].lost[reason].fetch_add(count, std::memory_order_relaxed);
    rows_[type].lost_meters[reason].add(count);
}

std::string tally::json() const {
    std::string out = "{\"events\":{";
    bool is_first = true;
    for (const row& one : rows_) {
        if (one.name.empty()) {
            continue;
        }
        out.append(is_first ? "" : ",");
        is_first = false;
        common::append_json_string(out, one.name);
        out.append(":{\"told\":").append(std::to_string(one.events)).append(",\"lost\":{");
        for (std::uint32_t i = 0; i < SONDE_LOSS_REASON_COUNT; ++i) {
            out.append(i == 0 ? "" : ",");
            common::append_json_string(out, bpf::name(static_cast<sonde_loss_reason>(i)));
            out.append(":").append(std::to_string(one.lost[i]));
        }
        out.append("}}");
    }
    return out.append("},\"malformed\":").append(std::to_string(malformed_)).append("}");
}

}  // namespace sonde::ebpf
