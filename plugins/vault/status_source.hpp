// SPDX-License-Identifier: Apache-2.0
// Looks at the state of a Vault server at intervals: sys/health, sys/seal-status, sys/leader and, if there are any,
// replications. Tells what changed at once and everything at intervals. Used by the data thread.
#pragma once

#include <chrono>

#include <sonde/collecting/backoff.hpp>
#include <sonde/host.hpp>

#include "common/http/fetch.hpp"
#include "vault/api.hpp"
#include "vault/documents.hpp"
#include "vault/meters.hpp"
#include "vault/publisher.hpp"
#include "vault/server_facts.hpp"

namespace sonde::vault {

class status_source {
public:
    status_source(const host& on, const api& server, common::http::carrier& by, const meters& counted, publisher& out,
                  std::uint32_t seed);

    void turn();
    [[nodiscard]] std::chrono::nanoseconds due() const noexcept { return looks_at_; }
    // Somebody new listens: what is known is told again.
    void request_snapshot();

    [[nodiscard]] const server_facts& facts() const noexcept { return known_; }
    [[nodiscard]] const common::part_state& state() const noexcept { return state_; }
    // Unsealed and not a secondary that serves nobody, as far as is known.
    [[nodiscard]] bool serves() const noexcept;

private:
    enum class step : std::uint8_t { health, seal, leader, replication };

    void ask(step what);
    void take(step what, common::http::answer& got);
    void take_health(const common::http::answer& got);
    void fall_silent(const common::http::answer& got);
    void end_round();
    void tell(const std::vector<schema::change>& changes);

    host host_;
    const api* api_;
    const meters* meters_;
    publisher* out_;
    server_facts known_;
    server_facts now_;  // of the round that is under way
    std::chrono::nanoseconds looks_at_{};
    std::chrono::nanoseconds tells_at_{};
    bool is_failing_ = false;
    collecting::backoff pause_;
    common::part_state state_;
    common::http::fetch fetch_;  // last: its answers use the rest
};

}  // namespace sonde::vault
