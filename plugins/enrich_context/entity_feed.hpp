// SPDX-License-Identifier: Apache-2.0
// Publishes what changes in the store as entity/<kind>/, and all of it when somebody new listens. A change that the
// lane has no room for is counted, and all is told again a little later, so that no listener stays wrong.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include <sonde/abi/ext/subscribers.h>
#include <sonde/lane.hpp>

#include "enrich_context/store/store.hpp"
#include "enrich_context/tally.hpp"

namespace sonde::enrich_context {

// By entity_kind.
inline constexpr std::array<const char*, entity_kind_count> entity_topics{
    nullptr,           "entity/host/", "entity/process/",  "entity/container/", "entity/pod/",
    "entity/service/", "entity/node/", "entity/workload/", "entity/namespace/"};

class entity_feed final {
public:
    static constexpr std::chrono::nanoseconds repair_pause = std::chrono::seconds(10);
    // Between two parts of a snapshot, so that readers keep up.
    static constexpr std::chrono::nanoseconds part_pause = std::chrono::milliseconds(5);
    static constexpr std::uint32_t part_size = 1024;

    entity_feed(host on, tally& counts);

    // Without `tells_processes` there is nothing of entity/process/.
    [[nodiscard]] result<void> open(bool tells_processes);
    // Whatever has changed since the last call.
    void tell_changes(entity_store& store);
    // Goes on with a snapshot, if one is wanted. Returns when to be called next, or zero.
    std::chrono::nanoseconds turn(entity_store& store, std::chrono::nanoseconds now);
    [[nodiscard]] bool take_unsent() noexcept { return std::exchange(has_unsent_, false); }

private:
    enum class outcome : std::uint8_t { told, unheard, full };
    [[nodiscard]] outcome tell(const told_entity& entity, bool is_snapshot);
    void notice_subscribers();

    host host_;
    tally* counts_;
    const sonde_host_subscribers* subscribers_;
    std::array<stream, entity_kind_count> streams_;
    std::array<bool, entity_kind_count> was_heard_{};
    std::uint64_t arrived_ = 0;
    std::optional<snapshot_position> snapshot_;
    std::optional<std::chrono::nanoseconds> repair_at_;
    bool tells_processes_ = false;
    bool has_unsent_ = false;
};

}  // namespace sonde::enrich_context
