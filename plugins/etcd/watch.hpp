// SPDX-License-Identifier: Apache-2.0
// How far one range has been told, and what follows from what a server says: to go on at the revision after the last
// that was told, or to tell a gap and the range as it is now. Knows no connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "etcd/key_range.hpp"
#include "etcd/messages.hpp"
#include "etcd/place.hpp"

namespace sonde::etcd {

// Where the telling of a range begins when no position is known.
enum class begin_at : std::uint8_t { now, list };

struct gap_facts {
    std::string_view reason;  // "compacted", "other_cluster", "went_back"
    std::uint64_t from_revision = 0;
    std::uint64_t readable_from = 0;  // 0 if it is not known
    bool operator==(const gap_facts&) const = default;
};

class watch {
public:
    watch(key_range of, begin_at begin) : range_(std::move(of)), begin_(begin) {}

    // What an earlier run has told.
    void restore(const place& at) noexcept { at_ = at; }
    // A server of `cluster_id` answers, whose store is at `revision`.
    void meet(std::uint64_t cluster_id, std::uint64_t revision);
    // The revision at which the watch would go on is gone.
    void compacted(std::uint64_t compact_revision);
    // The range has to be told as it is before it can be watched; before that the gap, if there is one.
    [[nodiscard]] bool needs_listing() const noexcept { return needs_listing_; }
    [[nodiscard]] const std::optional<gap_facts>& untold_gap() const noexcept { return gap_; }
    void gap_told() noexcept { gap_.reset(); }
    // It was told as of `revision`.
    void listed(std::uint64_t revision) noexcept;

    // Events come in the order of their revisions: with one of `revision`, all before it have been told.
    void told(std::uint64_t revision) noexcept;
    // A whole response has been told. If no fragment of it is missing, so have all events of its last revision.
    void finished(const watch_response& response) noexcept;

    [[nodiscard]] std::uint64_t start_revision() const noexcept { return at_->revision + 1; }
    [[nodiscard]] const std::optional<place>& at() const noexcept { return at_; }
    [[nodiscard]] const key_range& range() const noexcept { return range_; }

private:
    void miss(const gap_facts& what) noexcept;
    void reach(std::uint64_t revision) noexcept;

    key_range range_;
    begin_at begin_;
    std::optional<place> at_;
    std::uint64_t last_event_ = 0;  // revision of the event that was told last
    bool needs_listing_ = false;
    std::optional<gap_facts> gap_;
};

}  // namespace sonde::etcd
