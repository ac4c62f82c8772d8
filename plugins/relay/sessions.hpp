// SPDX-License-Identifier: Apache-2.0
// How far each sender has come, so that what is sent again is not taken again. Bounded: those that were quiet for the
// longest are forgotten first, and would be taken for new ones.
#pragma once

#include <cstdint>
#include <map>

#include "relay/messages.hpp"

namespace sonde::relay {

class sessions {
public:
    explicit sessions(std::size_t most) : most_(most) {}

    struct place {
        std::uint64_t number = 0;  // taken last
        std::uint64_t state = 0;   // what of the receiver's listeners the sender has been told
        std::uint64_t used = 0;
    };
    // Null for one that has sent nothing yet, or is forgotten.
    [[nodiscard]] place* find(const session_id& id) {
        const auto found = places_.find(id);
        if (found == places_.end()) {
            return nullptr;
        }
        found->second.used = ++uses_;
        return &found->second;
    }
    place& open(const session_id& id) {
        if (place* const known = find(id)) {
            return *known;
        }
        if (places_.size() >= most_) {
            auto oldest = places_.begin();
            for (auto each = places_.begin(); each != places_.end(); ++each) {
                oldest = each->second.used < oldest->second.used ? each : oldest;
            }
            places_.erase(oldest);
        }
        place& made = places_[id];
        made.used = ++uses_;
        return made;
    }

private:
    std::size_t most_;
    std::map<session_id, place> places_;
    std::uint64_t uses_ = 0;
};

}  // namespace sonde::relay
