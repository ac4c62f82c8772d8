// SPDX-License-Identifier: Apache-2.0
// Reads sys/metrics at intervals while somebody wants metrics and the server serves. Used by the data thread.
#pragma once

#include <chrono>

#include <sonde/collecting/backoff.hpp>
#include <sonde/host.hpp>

#include "common/exposition/parser.hpp"
#include "common/http/fetch.hpp"
#include "vault/api.hpp"
#include "vault/meters.hpp"
#include "vault/metric_page.hpp"
#include "vault/publisher.hpp"
#include "vault/token_keeper.hpp"

namespace sonde::vault {

class metrics_source {
public:
    metrics_source(const host& on, const api& server, common::http::carrier& by, const meters& counted, publisher& out,
                   token_keeper& token, std::uint32_t seed);

    // `is_served`: a sealed server has no metrics.
    void turn(bool is_served);
    [[nodiscard]] std::chrono::nanoseconds due() const noexcept {
        return is_waiting_ ? std::chrono::nanoseconds::max() : looks_at_;
    }
    [[nodiscard]] const common::part_state& state() const noexcept { return state_; }

private:
    void take(common::http::answer& got);
    [[nodiscard]] bool read(const common::http::answer& got);

    host host_;
    const api* api_;
    const meters* meters_;
    publisher* out_;
    token_keeper* token_;
    std::chrono::nanoseconds looks_at_;
    bool is_waiting_ = false;
    bool is_denied_ = false;
    std::uint64_t denied_version_ = 0;  // of the token
    collecting::backoff pause_;
    collecting::backoff denied_pause_;
    common::exposition::parser parser_;
    metric_page page_;
    common::part_state state_;
    common::http::fetch fetch_;  // last: its answers use the rest
};

}  // namespace sonde::vault
