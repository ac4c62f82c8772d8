// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/entity_feed.hpp"

#include "enrich_context/layout.hpp"

namespace sonde::enrich_context {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t envelope_room = 96;

}  // namespace

entity_feed::entity_feed(host on, tally& counts)
    : host_(on), counts_(&counts), subscribers_(on.extension<sonde_host_subscribers>(SONDE_HOST_SUBSCRIBERS)) {}

result<void> entity_feed::open(bool tells_processes) {
    tells_processes_ = tells_processes;
    for (std::size_t kind = 1; kind < entity_topics.size(); ++kind) {
        auto opened = open_stream(host_, entity_topics[kind]);
        if (!opened) {
            return std::unexpected(opened.error());
        }
        streams_[kind] = *opened;
    }
    return {};
}

void entity_feed::tell_changes(entity_store& store) {
    while (const told_entity* changed = store.next_change()) {
        if (tell(*changed, false) == outcome::full) {
            counts_->entities_lost.add();
            repair_at_ = host_.monotonic() + repair_pause;
        }
    }
}

entity_feed::outcome entity_feed::tell(const told_entity& entity, bool is_snapshot) {
    const stream& to = streams_[static_cast<std::size_t>(entity.kind)];
    // That no process follows is told all the same: whoever waits for the whole of every kind waits no longer.
    const bool is_wanted =
        entity.kind != entity_kind::process || tells_processes_ || entity.action == entity_action::synced;
    if (!is_wanted || !to.has_subscriber()) {
        return outcome::unheard;
    }
    const auto now = host_.wall();
    const sonde_rc rc = to.publish(
        [&](envelope_writer& envelope) {
            envelope.time(now, clock_quality::collector);
            envelope.data(layout::entity_type, layout::revision, entity.data);
            if (is_snapshot) {
                envelope.snapshot();
            }
        },
        entity.data.size() + envelope_room);
    if (rc != SONDE_OK) {
        return outcome::full;
    }
    counts_->entities.add();
    has_unsent_ = true;
    return outcome::told;
}

// The host tells of arrivals; one that cannot is asked whether anybody is there at all.
void entity_feed::notice_subscribers() {
    bool is_new = false;
    for (std::size_t kind = 1; kind < streams_.size(); ++kind) {
        const bool is_heard = streams_[kind].has_subscriber();
        is_new = is_new || (is_heard && !was_heard_[kind]);
        was_heard_[kind] = is_heard;
    }
    if (subscribers_ != nullptr) {
        const std::uint64_t arrived = subscribers_->arrived(host_.abi());
        is_new = is_new || arrived != arrived_;
        arrived_ = arrived;
    }
    if (is_new) {
        snapshot_.emplace();
    }
}

std::chrono::nanoseconds entity_feed::turn(entity_store& store, std::chrono::nanoseconds now) {
    notice_subscribers();
    if (repair_at_ && *repair_at_ <= now) {
        repair_at_.reset();
        snapshot_.emplace();
    }
    for (std::uint32_t part = 0; snapshot_ && part < part_size; ++part) {
        const told_entity* next = store.next_of(*snapshot_);
        if (next == nullptr) {
            snapshot_.reset();
            counts_->snapshots.add();
        } else if (tell(*next, true) == outcome::full) {
            counts_->entities_lost.add();
            snapshot_.reset();
            repair_at_ = now + repair_pause;
        }
    }
    if (snapshot_) {
        return now + part_pause;
    }
    return repair_at_.value_or(0ns);
}

}  // namespace sonde::enrich_context
