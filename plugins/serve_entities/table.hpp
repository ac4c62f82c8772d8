// SPDX-License-Identifier: Apache-2.0
// The entities as the sources tell them, and which changes follow from an event. A source is one that publishes under a
// name of its own; with the end of its snapshot of a kind, what it did not tell again is gone. Not thread-safe.
#pragma once

#include <array>
#include <bitset>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "serve_entities/feed.hpp"

namespace sonde::serve_entities {

class table {
public:
    using source_id = std::uint32_t;

    table(std::size_t most, const meters& counted) : most_(most), meters_(&counted) {}

    [[nodiscard]] source_id source(const std::string& name);
    // Something of the source was lost: the end of its next snapshot says nothing of what is gone.
    void note_gap(source_id of);
    // It begins anew: what it told before counts no more once a snapshot is whole.
    void note_restart(source_id of);

    // Appends the changes that follow, in order.
    void take(common::entities::entity_event event, source_id from, std::vector<entity_ptr>& changes);

    [[nodiscard]] std::vector<entity_ptr> matching(const common::entities::entity_filter& filter) const;
    // A snapshot of the kind has been whole.
    [[nodiscard]] bool is_synced(common::entities::entity_kind kind) const {
        return synced_[static_cast<std::size_t>(kind)];
    }
    [[nodiscard]] std::uint64_t revision() const noexcept { return revision_; }
    [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
    [[nodiscard]] bool is_full() const noexcept { return rows_.size() >= most_; }

private:
    static constexpr std::size_t kinds = common::entities::entity_kind_count;
    struct row {
        entity_ptr entity;
        source_id from = 0;
        std::uint64_t snapshot = 0;  // of the source and kind, when it was told last
    };
    struct source_state {
        std::array<std::uint64_t, kinds> snapshot{};  // how many have been whole
        std::bitset<kinds> has_gap;
    };
    using rows = std::map<std::string, row, std::less<>>;

    [[nodiscard]] std::uint64_t snapshot_of(source_id from, common::entities::entity_kind kind) const {
        return sources_[from].snapshot[static_cast<std::size_t>(kind)];
    }
    void set(common::entities::entity_event event, source_id from, std::vector<entity_ptr>& changes);
    [[nodiscard]] bool replace_process(const std::string& key, std::vector<entity_ptr>& changes);
    rows::iterator remove(rows::iterator at, std::vector<entity_ptr>& changes);
    void end_snapshot(common::entities::entity_kind kind, source_id from, std::vector<entity_ptr>& changes);

    std::size_t most_;
    const meters* meters_;
    rows rows_;
    std::unordered_map<std::string, std::string> process_keys_;  // by prefix: a pid has one process at a time
    std::map<std::string, source_id> source_ids_;
    std::vector<source_state> sources_;
    std::bitset<kinds> synced_;
    std::uint64_t revision_ = 0;
};

}  // namespace sonde::serve_entities
