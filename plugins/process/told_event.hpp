// SPDX-License-Identifier: Apache-2.0
// What another collector told of a process, read from its envelope. Pure: any bytes give an answer or nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "process/boot_clock.hpp"
#include "process/facts.hpp"
#include "process/schema.hpp"

namespace sonde::process {

struct told_event {
    schema::kind kind{};
    process_facts facts;  // start_ticks is the told create time in ticks
    bool has_times = false;
    std::uint64_t snapshot_number = 0;
    bool is_usage_only = false;
    // Of a snapshot_end.
    struct end_of_snapshot {
        std::uint32_t processes = 0;
        std::chrono::nanoseconds interval{};
        bool is_partial = false;
        bool is_usage_only = false;
    } end;
};

// Reads an envelope into `into`, which keeps its memory; false if it is no ProcessEvent or malformed.
[[nodiscard]] bool read_told(std::span<const std::uint8_t> envelope, const boot_clock& clock, told_event& into);

// Brings `known`, which is the same process or blank, up to date with what `told` says and no more.
void merge(const told_event& told, std::size_t arguments_limit, process_facts& known);

}  // namespace sonde::process
