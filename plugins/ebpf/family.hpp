// SPDX-License-Identifier: Apache-2.0
// The seam of the collector: a family is a group of kernel programs with the code that understands their records. It
// says which programs it would like, which constants and map sizes they need, and which records are its own; the engine
// loads the programs of all families together, reads the one ring and hands out the records. families.cpp lists them.
// Members are called by the data thread, in this order: hooks, constants, map_sizes, record_kinds; open once; then the
// others in any order.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <sonde/result.hpp>
#include <sonde_bpf/event.h>

#include "bpf/support/session.hpp"

namespace sonde::ebpf {

// A kind of record of the ring or of an iterator, with its name in metrics.
struct record_kind {
    std::uint32_t type;  // sonde_event_type
    std::string_view name;
};

class family {
public:
    family() = default;
    family(const family&) = delete;
    family& operator=(const family&) = delete;
    virtual ~family() = default;

    [[nodiscard]] virtual std::vector<bpf::hook> hooks() const = 0;
    [[nodiscard]] virtual std::vector<bpf::constant> constants() const { return {}; }
    [[nodiscard]] virtual std::vector<bpf::map_size> map_sizes() const { return {}; }
    [[nodiscard]] virtual std::vector<record_kind> record_kinds() const = 0;

    // After the load, whatever came of it: `on` may lack programs, even all of them, and outlives the family's use of
    // it.
    [[nodiscard]] virtual result<void> open(const bpf::session& on) = 0;

    // One record of a kind of this family, valid during the call. Its size is at least the header's and agrees with
    // the header; everything beyond that is for the family to check. False: it makes no sense and counts as malformed.
    [[nodiscard]] virtual bool on_record(const sonde_event& event, std::span<const std::byte> record) = 0;
    // `count` records of `type` were lost between kernel and collector since the last call.
    virtual void on_lost(std::uint32_t type, std::uint64_t count) = 0;
    // Called at least once per poll interval, after the records that were there.
    virtual void tick(std::chrono::nanoseconds now) { static_cast<void>(now); }
    // Somebody new subscribed: state is told again, marked as snapshot.
    virtual void tell_state() {}
    // The collector stops in order; nothing is told after this.
    virtual void tell_end() {}
};

}  // namespace sonde::ebpf
