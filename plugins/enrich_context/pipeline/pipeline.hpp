// SPDX-License-Identifier: Apache-2.0
// From raw envelope to unified event. An event that lacks nothing, or nothing that time could bring, is published at
// once. One that may still be completed waits for at most `hold_back`, in order with others about the same thing; what
// is learned after that is published as an amendment. Nothing is lost that is not counted: taken = published + held +
// dropped by reason. Single-threaded.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include <sonde/lane.hpp>
#include <sonde/schema/batch.hpp>

#include "enrich_context/decode/decoded.hpp"
#include "enrich_context/decode/entity_key.hpp"
#include "enrich_context/pipeline/docker_proxy.hpp"
#include "enrich_context/pipeline/event_sections.hpp"
#include "enrich_context/pipeline/event_shelf.hpp"
#include "enrich_context/pipeline/event_writer.hpp"
#include "enrich_context/pipeline/finding.hpp"
#include "enrich_context/pipeline/knowledge.hpp"
#include "enrich_context/pipeline/settings.hpp"
#include "enrich_context/pipeline/spans.hpp"
#include "enrich_context/pipeline/tagging_window.hpp"
#include "enrich_context/tally.hpp"

namespace sonde::enrich_context::pipeline {

class pipeline final {
public:
    // How often what waits is looked up again while the store keeps learning.
    static constexpr std::chrono::nanoseconds retry_pause = std::chrono::milliseconds(20);
    static constexpr std::chrono::nanoseconds amend_pause = std::chrono::milliseconds(250);

    // The counts and the store outlive the pipeline.
    pipeline(host on, knowledge& store, tally& counts);

    // Opens the streams; `now` is when the agent started.
    [[nodiscard]] result<void> open(const pipeline_settings& settings, std::chrono::nanoseconds wall);
    // While it is open: hold_back, amend_within and the like may change; limits of the shelves stay.
    void adjust(const pipeline_settings& settings);

    // Learns from a connection, before any of its batch is taken.
    void preview(const schema::envelope_view& envelope);
    [[nodiscard]] bool wants_preview() const noexcept;
    // One raw event; `record` is its bytes.
    void take(const schema::envelope_view& envelope, std::span<const std::uint8_t> record,
              std::chrono::nanoseconds now);
    // An event that cannot even be read as an envelope.
    void take_broken(const schema::resource_view& from, std::uint64_t item, std::span<const std::uint8_t> record);
    // Looks at what waits. Returns when to be called next, or zero.
    std::chrono::nanoseconds turn(std::chrono::nanoseconds now);
    // Publishes all that waits, as it is.
    void finish();
    // Sends what was published; also if `others` published on this lane.
    void flush(bool others);

private:
    [[nodiscard]] bool is_wanted(const decode::decoded& what);
    [[nodiscard]] bool publish(const schema::envelope_view& raw, const decode::decoded& what, const finding& found,
                               std::span<const std::uint8_t> sections, std::chrono::nanoseconds taken, bool timed_out,
                               bool is_amendment);
    void report_sizes();

    // pipeline_waiting.cpp
    [[nodiscard]] bool keep(const schema::envelope_view& raw, std::span<const std::uint8_t> record, std::uint64_t order,
                            std::chrono::nanoseconds now);
    void pack(const schema::envelope_view& raw, std::span<const std::uint8_t> record, kept_event& to);
    [[nodiscard]] bool reopen(const kept_event& from);
    void release_before(std::uint64_t order, std::chrono::nanoseconds now);
    void let_go(event_shelf::index at, release why, std::chrono::nanoseconds now);
    void retry_waiting(std::chrono::nanoseconds now);
    void retry_remembered(std::chrono::nanoseconds now);
    void remember(kept_event& event, std::chrono::nanoseconds now);

    host host_;
    knowledge* store_;
    tally* counts_;
    pipeline_settings settings_;
    tagging_window tags_;
    docker_proxy proxies_;
    std::array<stream, decode::domain_count> streams_;
    spans spans_;
    bool has_unsent_ = false;

    decode::decoded what_;
    finding found_;
    event_sections sections_;
    decode::key_buffer untold_key_;

    // Of events that are looked at again, so that the one that is being taken stays as it is.
    schema::batch_reader reader_;
    const schema::envelope_view* again_ = nullptr;
    decode::decoded again_what_;
    finding again_found_;
    kept_event scratch_;

    std::optional<event_shelf> waiting_;
    std::optional<event_shelf> remembered_;
    std::uint64_t waiting_revision_ = 0;
    std::uint64_t remembered_revision_ = 0;
    std::chrono::nanoseconds waiting_retried_{};
    std::chrono::nanoseconds remembered_retried_{};
};

}  // namespace sonde::enrich_context::pipeline
