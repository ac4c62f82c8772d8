// SPDX-License-Identifier: Apache-2.0
// The component that the host drives: one entity store, the pipeline through it, and the feed of entities.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include <sonde/component.hpp>
#include <sonde/schema/batch.hpp>

#include "enrich_context/entity_feed.hpp"
#include "enrich_context/options.hpp"
#include "enrich_context/pipeline/pipeline.hpp"
#include "enrich_context/store/store.hpp"
#include "enrich_context/tally.hpp"

namespace sonde::enrich_context {

class enricher final {
public:
    static constexpr component_info info{
        .role = role::enricher,
        .type = "enrich_context",
        .summary =
            "Turns raw events into unified ones that say which process, container, pod and service they are about",
        .description =
            "Knows processes, containers, pods, services, nodes and workloads from what collectors tell, and "
            "gives each event the context of what it happened to; connections that of both ends. Right, or "
            "empty with a reason.",
        .publishes = {"event/", "conn/", "entity/", "span/"},
        .subscribes = {"raw/"},
        // What is lost on the way in would make contexts wrong, not just fewer.
        .flags = SONDE_COMPONENT_LOSSLESS | SONDE_COMPONENT_STATEFUL,
    };
    static constexpr auto options = option_table;
    static constexpr std::array endpoints{
        endpoint_info{
            "entities", "GET", "application/json",
            "What is known now; ?kind=pod|container|process|service|node|workload|namespace|host ?filter=TEXT"},
        endpoint_info{"check", "GET", "application/json", "Events taken, published, held and dropped, and by what"},
    };

    explicit enricher(host on);

    [[nodiscard]] result<void> configure(const settings& values);
    [[nodiscard]] result<void> start();
    [[nodiscard]] result<void> consume(const batch_view& batch);
    [[nodiscard]] std::chrono::nanoseconds idle(std::chrono::nanoseconds now);
    [[nodiscard]] result<void> stop(std::chrono::nanoseconds deadline);
    // Thread-safe between start and stop.
    [[nodiscard]] result<void> handle(std::string_view endpoint, const request& from, response& to);

private:
    // The store as the pipeline asks it.
    class store_knowledge final : public pipeline::knowledge {
    public:
        explicit store_knowledge(std::optional<entity_store>& store) : store_(&store) {}
        [[nodiscard]] answer find(const subject& who) override { return (*store_)->find(who); }
        [[nodiscard]] answer find_peer(const remote& where) override { return (*store_)->find_peer(where); }
        [[nodiscard]] std::span<const std::uint8_t> object_sections(const schema::envelope_view& of) override {
            return (*store_)->object_sections(of);
        }
        [[nodiscard]] std::uint64_t revision() const override { return revision_; }
        void refresh() { revision_ = (*store_)->stats().revision; }

    private:
        std::optional<entity_store>* store_;
        std::uint64_t revision_ = 0;
    };

    void take_all(const batch_view& batch, std::chrono::nanoseconds now);
    void take_broken(const batch_view& batch);
    std::chrono::nanoseconds turn(std::chrono::nanoseconds now);

    host host_;
    tally counts_;
    std::mutex values_mutex_;  // configure may come from another thread
    option_values values_;
    bool has_new_values_ = false;

    // Data thread, and endpoints beside it.
    std::mutex mutex_;
    std::optional<entity_store> store_;
    store_knowledge knowledge_;
    pipeline::pipeline pipeline_;
    entity_feed feed_;
    schema::batch_reader reader_;
    std::vector<std::uint64_t> broken_;  // places of envelopes that cannot be read
    std::chrono::nanoseconds ticked_{};
};

}  // namespace sonde::enrich_context
