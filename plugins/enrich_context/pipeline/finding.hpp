// SPDX-License-Identifier: Apache-2.0
// All that the store says of one event: of what it happened to, and of the other end of a connection. Made once and
// filled again for each event, so that nothing is allocated once its buffers have grown.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "enrich_context/decode/decoded.hpp"
#include "enrich_context/pipeline/knowledge.hpp"

namespace sonde::enrich_context::pipeline {

class finding final {
public:
    using bytes = std::span<const std::uint8_t>;

    // Asks; valid until the store learns something, or `look_up` is called again.
    void look_up(knowledge& in, const decode::decoded& what);

    // The fields of a sonde.v1.Context.
    [[nodiscard]] bytes context() const noexcept { return about_.context; }
    // Likewise of the other end, without names; a service that was dialled comes first. Empty if there is none.
    [[nodiscard]] bytes peer() const noexcept { return peer_; }
    [[nodiscard]] std::string_view entity_key() const noexcept { return about_.entity_key; }
    // Waiting may complete it.
    [[nodiscard]] bool may_improve() const noexcept { return may_improve_; }
    // It will be complete, but nobody knows when: too late to wait for.
    [[nodiscard]] bool may_come_late() const noexcept { return may_improve_ || is_awaited_; }
    // Equal for equal findings.
    [[nodiscard]] std::uint64_t fingerprint() const noexcept;

private:
    [[nodiscard]] answer ask_peer(knowledge& in, const decode::decoded& what);

    answer about_;
    std::vector<std::uint8_t> peer_;
    std::vector<std::uint8_t> dialled_;
    bool may_improve_ = false;
    bool is_awaited_ = false;
};

}  // namespace sonde::enrich_context::pipeline
