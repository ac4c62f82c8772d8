// SPDX-License-Identifier: Apache-2.0
// What the conversations count, as metrics of the host. Their counters only grow, so each look adds the difference.
// Used by the data thread.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <sonde/host.hpp>

#include "ebpf/payload/conversations.hpp"

namespace sonde::ebpf::payload {

class payload_meters final {
public:
    explicit payload_meters(const host& on);

    // `kinds` may be null.
    void count(const conversations& of, const connection_kinds* kinds);

private:
    using reader = std::function<std::uint64_t(const conversations&)>;
    struct followed {
        counter meter;
        reader read;
        std::uint64_t before = 0;
    };
    void follow(counter meter, reader read) { followed_.push_back({meter, std::move(read)}); }
    void follow_protocols(const host& on);
    void follow_losses(const host& on);
    void follow_refusals(const host& on);

    std::vector<followed> followed_;
    gauge connections_;
    gauge routes_;
    counter untold_;
    std::uint64_t untold_before_ = 0;
};

}  // namespace sonde::ebpf::payload
