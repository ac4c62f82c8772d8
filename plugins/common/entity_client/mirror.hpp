// SPDX-License-Identifier: Apache-2.0
// The entities of another process as they are known here. Across connections only differences are told: after a new
// snapshot what is gone is unset first, then what is new or changed is set; equal values stay silent.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "common/entity_client/messages.hpp"

namespace sonde::common::entities {

// Whoever wants to know. Called while a response is taken; references are valid during the call.
class entity_listener {
public:
    virtual void on_set(const entity_event& entity) = 0;
    // With what was known last.
    virtual void on_unset(const entity_event& entity) = 0;
    // All of a snapshot has been told.
    virtual void on_synced() = 0;

protected:
    ~entity_listener() = default;
};

struct mirror_counts {
    std::uint64_t set = 0;
    std::uint64_t unset = 0;
    std::uint64_t silent = 0;  // equal to what was known
    std::uint64_t malformed = 0;
    std::uint64_t resyncs = 0;
};

class mirror {
public:
    mirror(entity_listener& to, std::size_t most) : to_(&to), most_(most) {}

    // A new stream begins with a snapshot.
    void begin();
    // False if there are more entities than there may be: the stream is of no use then.
    [[nodiscard]] bool take(entity_response response);

    [[nodiscard]] bool is_synced() const noexcept { return !is_collecting_; }
    [[nodiscard]] std::size_t size() const noexcept { return known_.size(); }
    [[nodiscard]] const mirror_counts& counts() const noexcept { return counts_; }

private:
    using table = std::map<std::string, entity_event, std::less<>>;

    void collect(entity_event event);
    void apply(entity_event event);
    void set(entity_event event);
    void unset(table::iterator at);
    void resync();

    entity_listener* to_;
    std::size_t most_;
    bool is_collecting_ = true;
    table known_;
    table fresh_;  // the snapshot that is coming
    mirror_counts counts_;
};

}  // namespace sonde::common::entities
