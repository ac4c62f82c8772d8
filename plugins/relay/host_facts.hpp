// SPDX-License-Identifier: Apache-2.0
// What enrichment elsewhere cannot read for itself: the facts of the host that the events come from, as a batch of one
// envelope of the type sonde.v1.Host.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "common/host_identity.hpp"
#include "relay/body.hpp"
#include "relay/messages.hpp"

namespace sonde::relay {

class host_facts final {
public:
    static constexpr std::string_view topic = "raw/forward_raw/host/";

    host_facts(common::host_identity identity, std::uint64_t stream_uid)
        : identity_(std::move(identity)), stream_uid_(stream_uid) {}

    // As the collectors of this host name it.
    void name_node(const origin& from);
    [[nodiscard]] bool has_node() const noexcept { return !node_name_.empty(); }
    // Appends the batch, with an item of its own.
    void append_to(std::string& request, std::chrono::nanoseconds wall);

private:
    common::host_identity identity_;
    std::uint64_t stream_uid_;
    std::uint64_t items_ = 0;
    std::string node_name_;
    std::uint32_t node_name_origin_ = 0;
};

}  // namespace sonde::relay
