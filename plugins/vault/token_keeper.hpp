// SPDX-License-Identifier: Apache-2.0
// The collector's token: where it comes from, whether the server takes it, and its renewal in time. A file is read
// again when it changes; a token that was refused is tried again ever more seldom, a new one at once. The token is in
// no log, page or error. Used by the data thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <sonde/collecting/backoff.hpp>
#include <sonde/host.hpp>

#include "common/http/fetch.hpp"
#include "common/http/token_file.hpp"
#include "common/part_state.hpp"
#include "vault/api.hpp"
#include "vault/documents.hpp"
#include "vault/meters.hpp"

namespace sonde::vault {

class token_keeper {
public:
    token_keeper(const host& on, const api& server, common::http::carrier& by, const meters& counted,
                 std::uint32_t seed);

    void turn();
    [[nodiscard]] std::chrono::nanoseconds due() const noexcept { return acts_at_; }

    // The token as it is now: empty if there is none, or none that the server takes.
    [[nodiscard]] const std::string& token() const noexcept { return is_accepted_ ? token_ : nothing_; }
    // True if requests may be made: with a token that is accepted, or without any because none is configured.
    [[nodiscard]] bool is_ready() const noexcept { return !is_wanted_ || is_accepted_; }
    // Grows when a token is accepted that was not before.
    [[nodiscard]] std::uint64_t version() const noexcept { return version_; }
    // The server refused a request with it: is it still good? Without renewal, that is the answer.
    void doubt();

    [[nodiscard]] const common::part_state& state() const noexcept { return state_; }

private:
    enum class step : std::uint8_t { look_up, renew };

    void take_token();
    void act();
    void schedule();
    void take(common::http::answer& got, step done);
    void accept(const token_facts& facts);
    void refuse();

    host host_;
    const api* api_;
    const meters* meters_;
    bool is_wanted_;
    std::optional<common::http::token_file> file_;
    std::string token_;
    std::string nothing_;
    bool is_accepted_ = false;
    std::uint64_t version_ = 0;
    step next_ = step::look_up;
    std::chrono::nanoseconds acts_at_;
    std::chrono::nanoseconds asks_at_{};  // the next request; before it only the file is looked at
    std::chrono::nanoseconds ends_at_ = std::chrono::nanoseconds::max();
    collecting::backoff pause_;
    collecting::backoff refused_pause_;
    std::minstd_rand random_;
    common::part_state state_;
    common::http::fetch fetch_;  // last: its answers use the rest
};

}  // namespace sonde::vault
