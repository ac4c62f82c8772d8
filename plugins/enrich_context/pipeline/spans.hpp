// SPDX-License-Identifier: Apache-2.0
// One span for an event that went through: from when the raw event was taken until the unified one was published, as
// child of the span that the event names. Which events get one follows from their trace, so that spans of one trace are
// kept or left out together. Off, it costs one comparison for each event. Single-threaded.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

#include <sonde/lane.hpp>

#include "enrich_context/pipeline/event_writer.hpp"
#include "enrich_context/tally.hpp"

namespace sonde::enrich_context::pipeline {

class spans final {
public:
    // The counts outlive the spans.
    spans(host on, tally& counts) : host_(on), counts_(&counts) {}

    [[nodiscard]] result<void> open();
    // Share of the traces that are kept, 0 to 1.
    void sample(double ratio) noexcept;

    [[nodiscard]] bool is_on() const noexcept { return threshold_ < never; }
    // Of an event that has just been published; `taken` is CLOCK_MONOTONIC.
    void tell(const unified& event, std::chrono::nanoseconds taken);

private:
    static constexpr std::uint64_t never = std::uint64_t{1} << 56;

    host host_;
    tally* counts_;
    stream stream_;
    std::uint64_t threshold_ = never;  // traces whose randomness is below it are left out
    std::mt19937_64 random_;
};

}  // namespace sonde::enrich_context::pipeline
