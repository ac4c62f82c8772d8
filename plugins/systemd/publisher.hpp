// SPDX-License-Identifier: Apache-2.0
// The three streams of the collector: units, jobs and entries of the journal. Used by the data thread.
#pragma once

#include <chrono>
#include <concepts>
#include <string>

#include <sonde/host.hpp>
#include <sonde/lane.hpp>

#include "systemd/cursor.hpp"
#include "systemd/entry_builder.hpp"
#include "systemd/meters.hpp"
#include "systemd/schema.hpp"
#include "systemd/unit_facts.hpp"

namespace sonde::systemd {

inline constexpr const char* unit_topic = "raw/systemd/unit/";
inline constexpr const char* job_topic = "raw/systemd/job/";
inline constexpr const char* entry_topic = "raw/systemd/journal/";

class publisher {
public:
    publisher(const host& on, const meters& counted) : host_(on), meters_(&counted) {}

    [[nodiscard]] result<void> open();

    // `before` is what was told of the unit last, or null. False if the lane was full: then everything has to be told
    // again.
    [[nodiscard]] bool unit(schema::unit_action what, const unit_facts& now, const unit_facts* before);
    [[nodiscard]] bool synced(std::size_t units);
    void job(schema::job_action what, const job_facts& of);

    // `fill(wire::writer&)` writes the entry with `builder`; it may be called again with more room.
    template <class Fill>
        requires std::invocable<Fill, wire::writer&>
    [[nodiscard]] sonde_rc entry(const entry_place& at, const entry_builder& builder, std::chrono::nanoseconds patience,
                                 Fill&& fill) {
        const auto id = event_id(at);
        is_waiting_ = true;
        return entries_.publish(
            [&](envelope_writer& envelope) {
                envelope.time(std::chrono::microseconds(at.realtime_us), clock_quality::source)
                    .data(schema::entry_type, schema::revision, fill)
                    .process(builder.facts().pid, {})
                    .event_id(id);
            },
            entry_hint, patience);
    }
    [[nodiscard]] bool has_reader_of_entries() const noexcept { return entries_.has_subscriber(); }

    // Hands over what is waiting.
    void flush();

private:
    // Most entries fit. What does not is tried with four times as much, up to 2 MiB: 512 KiB is the last step below the
    // host's usual record limit.
    static constexpr std::size_t entry_hint = 2048;

    void write(wire::writer& out, schema::unit_action what, const unit_facts& now, const unit_facts* before);
    void text(wire::writer& out, std::uint32_t field, std::string_view value);

    host host_;
    const meters* meters_;
    stream units_;
    stream jobs_;
    stream entries_;
    bool is_waiting_ = false;
    std::string scratch_;
};

}  // namespace sonde::systemd
