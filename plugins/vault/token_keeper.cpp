// SPDX-License-Identifier: Apache-2.0
#include "vault/token_keeper.hpp"

#include <algorithm>

namespace sonde::vault {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds file_interval = 1s;
constexpr std::chrono::nanoseconds first_refused_pause = 2s;
constexpr std::chrono::nanoseconds longest_refused_pause = 60s;  // each refusal is an entry in Vault's audit logs
constexpr std::chrono::nanoseconds least_pause = 500ms;          // between renewals of a token about to end
constexpr auto never = std::chrono::nanoseconds::max();

// Tokens are renewed after 60 to 70 % of their time: late enough to be seldom, with time left for several attempts.
constexpr int earliest_renewal = 60;
constexpr int latest_renewal = 70;

}  // namespace

token_keeper::token_keeper(const host& on, const api& server, common::http::carrier& by, const meters& counted,
                           std::uint32_t seed)
    : host_(on), api_(&server), meters_(&counted),
      is_wanted_(!server.options().token_file.empty() || !server.options().token.empty()),
      token_(server.options().token), acts_at_(is_wanted_ ? on.monotonic() : never),
      pause_(server.options().retry_first, server.options().retry_limit, seed),
      refused_pause_(first_refused_pause, longest_refused_pause, seed + 1), random_(seed), fetch_(by) {
    if (!server.options().token_file.empty()) {
        file_.emplace(server.options().token_file);
    }
    state_.health = is_wanted_ ? common::part_health::starting : common::part_health::off;
}

void token_keeper::turn() {
    if (!is_wanted_ || host_.monotonic() < acts_at_) {
        return;
    }
    take_token();
    if (!token_.empty() && !fetch_.is_running() && asks_at_ <= host_.monotonic()) {
        asks_at_ = never;
        act();
    }
    schedule();
}

void token_keeper::schedule() { acts_at_ = file_ ? std::min(asks_at_, host_.monotonic() + file_interval) : asks_at_; }

// Somebody may have put another token into the file.
void token_keeper::take_token() {
    if (!file_) {
        return;
    }
    auto read = file_->current();
    if (!read) {
        // While the old one works, a file that is just being replaced is no trouble.
        if (!is_accepted_) {
            state_ = {common::part_health::missing, "no_token", read.error().message()};
            token_.clear();
        }
        return;
    }
    if (*read == token_) {
        return;
    }
    if (!token_.empty()) {
        meters_->token_changes.add();
    }
    fetch_.cancel();
    token_ = std::move(*read);
    is_accepted_ = false;
    next_ = step::look_up;
    asks_at_ = host_.monotonic();
    pause_.reset();
    refused_pause_.reset();
}

void token_keeper::doubt() {
    if (!is_wanted_ || !is_accepted_ || fetch_.is_running()) {
        return;
    }
    if (!api_->options().renews_token) {
        return refuse();
    }
    next_ = step::look_up;
    asks_at_ = host_.monotonic();
    if (file_) {
        file_->distrust();
    }
    acts_at_ = asks_at_;
}

void token_keeper::act() {
    if (!api_->options().renews_token) {
        return accept({});
    }
    const step what = next_;
    auto request = what == step::renew ? api_->post("auth/token/renew-self", token_, "{}")
                                       : api_->get("auth/token/lookup-self", token_);
    fetch_.start(std::move(request), [this, what](common::http::answer& got) {
        take(got, what);
        schedule();
    });
}

void token_keeper::take(common::http::answer& got, step done) {
    meters_->count_request(done == step::renew ? "renew" : "lookup", got.result());
    if (got.is_ok()) {
        const auto facts = done == step::renew ? read_renewal(got.body) : read_lookup(got.body);
        if (facts) {
            if (done == step::renew) {
                meters_->token_renewals.add();
            }
            return accept(*facts);
        }
        state_ = {common::part_health::missing, "token_unknown", facts.error().message()};
    } else if (got.is_whole() && got.head.status == 403) {
        return refuse();
    } else {
        state_ = api_->trouble(got, done == step::renew ? "renewing the token" : "looking the token up");
    }
    if (done == step::renew) {
        meters_->token_failures.add();
        // 400: its policy or its greatest time does not let it be renewed. It is good until it ends.
        if (got.is_whole() && got.head.status == 400) {
            next_ = step::look_up;
            asks_at_ = std::max(ends_at_ == never ? host_.monotonic() : ends_at_, host_.monotonic() + file_interval);
            state_ = {common::part_health::limping, "token_not_renewable",
                      "the token cannot be renewed; put another in its place"};
            return;
        }
    }
    asks_at_ = host_.monotonic() + pause_.next();
}

void token_keeper::accept(const token_facts& facts) {
    const auto now = host_.monotonic();
    version_ += is_accepted_ ? 0 : 1;
    is_accepted_ = true;
    pause_.reset();
    if (api_->options().renews_token) {
        refused_pause_.reset();
    }
    meters_->token_accepted.set(1);
    meters_->token_ttl.set(facts.ttl.count());
    if (facts.ttl == 0s) {
        ends_at_ = never;
        next_ = step::look_up;
        asks_at_ = never;
        state_ = {common::part_health::working, "",
                  api_->options().renews_token ? "the token does not end" : "the token is used as it is"};
    } else {
        const std::chrono::nanoseconds ttl = facts.ttl;
        ends_at_ = now + ttl;
        next_ = facts.is_renewable ? step::renew : step::look_up;
        std::uniform_int_distribution<int> share(earliest_renewal, latest_renewal);
        asks_at_ = facts.is_renewable
                       ? now + std::max<std::chrono::nanoseconds>(ttl / 100 * share(random_), least_pause)
                       : ends_at_ + least_pause;
        state_ = {common::part_health::working, "",
                  facts.is_renewable ? "the token is renewed in time" : "the token is good"};
    }
}

void token_keeper::refuse() {
    is_accepted_ = false;
    next_ = step::look_up;
    meters_->token_accepted.set(0);
    meters_->token_ttl.set(0);
    meters_->token_refusals.add();
    asks_at_ = host_.monotonic() + refused_pause_.next();
    state_ = {common::part_health::missing, "token_refused",
              "the server does not accept the token: it has ended or was revoked, or lacks the policy 'default'. Put "
              "another in its place"};
    if (file_) {
        file_->distrust();
    }
    schedule();
}

}  // namespace sonde::vault
