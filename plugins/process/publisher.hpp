// SPDX-License-Identifier: Apache-2.0
// Writes events and samples as sonde.v1.ProcessEvent into the two streams of the collector. Used by the data thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <sonde/host.hpp>
#include <sonde/lane.hpp>

#include "process/boot_clock.hpp"
#include "process/facts.hpp"
#include "process/meters.hpp"
#include "process/schema.hpp"

namespace sonde::process {

inline constexpr const char* event_topic = "raw/process/event/";
inline constexpr const char* sample_topic = "raw/process/sample/";

// What an event says beyond the process.
struct event_details {
    std::chrono::nanoseconds time{};  // Unix
    clock_quality quality = clock_quality::kernel;
    bool is_snapshot = false;
    std::uint64_t snapshot_number = 0;  // 0: not one of the collector's own
    std::optional<std::uint32_t> exit_code = std::nullopt;
    std::optional<std::uint32_t> exit_signal = std::nullopt;
    std::optional<std::uint32_t> real_id = std::nullopt;
    std::optional<std::uint32_t> effective_id = std::nullopt;
};

// The last word of a snapshot: whoever got so many samples of its number has them all.
struct snapshot_mark {
    std::uint64_t number = 0;
    std::uint32_t processes = 0;
    std::chrono::nanoseconds began{};  // Unix
    bool is_partial = false;
    bool is_watched = false;  // see sonde.v1.SnapshotEnd
};

class publisher {
public:
    publisher(const host& on, const meters& counted) : host_(on), meters_(&counted) {}

    [[nodiscard]] result<void> open();

    void publish(schema::kind kind, const process_facts& facts, const boot_clock& clock, const event_details& details);
    void publish(const snapshot_mark& mark, std::chrono::nanoseconds wall);
    // Nothing more will be told, so that what was told is only sure until now.
    void publish_end(std::chrono::nanoseconds wall);
    void count_lost(std::uint64_t events) const;
    void count_malformed(std::uint64_t events) const;
    // Hands over what is waiting, if anything is and the last time was not just now.
    void flush();
    // False if nobody wants samples.
    [[nodiscard]] bool wants_samples() const { return samples_.has_subscriber(); }

private:
    void write_process(wire::writer& out, const process_facts& facts, const boot_clock& clock);
    void write_arguments(wire::writer& out, const process_facts& facts);
    void text(wire::writer& out, std::uint32_t field, std::string_view value);

    host host_;
    const meters* meters_;
    stream events_;
    stream samples_;
    bool is_waiting_ = false;
    std::chrono::nanoseconds last_flush_{};
    std::string scratch_;
};

}  // namespace sonde::process
