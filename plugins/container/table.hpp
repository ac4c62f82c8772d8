// SPDX-License-Identifier: Apache-2.0
// All containers of the host: merges per id what each origin tells, better ones first, and says what has changed. A
// better origin completes a poorer one; where they disagree the better one is believed and the other's word is noted.
// Bounded: containers beyond the limit are left out and counted.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "container/facts.hpp"
#include "container/schema.hpp"

namespace sonde::container {

class table {
public:
    using listener = std::function<void(schema::action what, const container_row& row)>;

    // Labels that are not among `labels` are left out.
    table(std::size_t limit, std::vector<std::string> labels, listener to);

    // What an origin says of a container now, in place of what it said before.
    void tell(origin by, container_facts facts);
    // An origin no longer knows it.
    void forget(origin by, std::string_view id);
    // Its process has ended, whatever the origins say. Ignored for a pid that is not the container's.
    void end(std::string_view id, std::uint32_t pid, std::int64_t time, std::optional<std::int32_t> exit_code);

    // What an origin has not told between the two is forgotten.
    void begin_listing(origin by);
    void end_listing(origin by);
    // An origin does not answer any more: ended containers that only it knew are forgotten, the others stay.
    void forget_ended(origin by);

    [[nodiscard]] const container_row* find(std::string_view id) const;
    [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
    // Containers that found no room.
    [[nodiscard]] std::uint64_t left_out() const noexcept { return left_out_; }
    void for_each(const std::function<void(const container_row&)>& take) const;

private:
    static constexpr std::size_t most_buried = 64;

    struct word {
        origin by;
        container_facts facts;
        std::uint64_t turn = 0;  // when its state or process was news
        bool is_listed = true;
    };
    struct ending {
        std::uint32_t pid = 0;
        std::int64_t time = 0;
        std::optional<std::int32_t> exit_code;
        std::uint64_t turn;  // of the last word before it
    };
    struct entry {
        std::vector<word> words;  // best first, at most one per origin
        std::optional<ending> ended;
        container_row row;
    };
    using entries = std::map<std::string, entry, std::less<>>;

    void keep_bounds(container_facts& facts) const;
    void merge(entry& of) const;
    static void settle_state(entry& of);
    [[nodiscard]] static bool is_over(const entry& of, const word& each);
    [[nodiscard]] static bool runs_again(const entry& of);
    void tell_change(entry& of, const container_facts& before, bool is_new);
    entries::iterator forget(entries::iterator at, origin by);

    std::size_t limit_;
    std::set<std::string, std::less<>> labels_;
    listener listener_;
    entries rows_;
    std::deque<std::string> buried_;  // the last that were deleted
    std::uint64_t turn_ = 0;
    std::uint64_t left_out_ = 0;
};

[[nodiscard]] std::string_view name(source of) noexcept;
[[nodiscard]] std::string_view name(run_state of) noexcept;

}  // namespace sonde::container
