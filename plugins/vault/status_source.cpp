// SPDX-License-Identifier: Apache-2.0
#include "vault/status_source.hpp"

#include <array>

namespace sonde::vault {
namespace {

using namespace std::chrono_literals;
using schema::state;

constexpr auto never = std::chrono::nanoseconds::max();
constexpr std::array names{"health", "seal_status", "leader", "replication"};
constexpr std::array paths{"sys/health", "sys/seal-status", "sys/leader", "sys/replication/status"};

}  // namespace

status_source::status_source(const host& on, const api& server, common::http::carrier& by, const meters& counted,
                             publisher& out, std::uint32_t seed)
    : host_(on), api_(&server), meters_(&counted), out_(&out), looks_at_(on.monotonic()),
      pause_(server.options().retry_first, server.options().retry_limit, seed), fetch_(by) {
    state_.health = common::part_health::starting;
}

bool status_source::serves() const noexcept {
    return known_.state == state::active || known_.state == state::standby ||
           known_.state == state::performance_standby;
}

void status_source::turn() {
    if (!fetch_.is_running() && host_.monotonic() >= looks_at_) {
        looks_at_ = never;
        now_ = {};
        ask(step::health);
    }
}

void status_source::ask(step what) {
    auto request = api_->get(paths[static_cast<std::size_t>(what)]);
    // Connections that were there before a failure may be dead without anybody having noticed.
    request.wants_fresh_connection = is_failing_;
    fetch_.start(std::move(request), [this, what](common::http::answer& got) { take(what, got); });
}

void status_source::take(step what, common::http::answer& got) {
    meters_->count_request(names[static_cast<std::size_t>(what)], got.result());
    if (what == step::health) {
        return take_health(got);
    }
    if (!got.is_whole()) {
        return fall_silent(got);
    }
    // A sealed server has no leader. An answer that one that is unsealed refuses, such as for a quota, is no news.
    const bool keeps = !got.is_ok() && !now_.health.is_sealed && now_.health.is_initialized;
    if (what == step::seal) {
        now_.seal = keeps ? known_.seal : read_seal_status(got.body).value_or(seal_facts{});
        return ask(step::leader);
    }
    if (what == step::leader) {
        now_.leader = keeps ? known_.leader : read_leader(got.body).value_or(leader_facts{});
        return now_.health.is_replicated ? ask(step::replication) : end_round();
    }
    now_.replications =
        keeps ? known_.replications : read_replication(got.body).value_or(std::vector<replication_facts>{});
    end_round();
}

void status_source::fall_silent(const common::http::answer& got) {
    is_failing_ = true;
    now_ = known_;
    now_.state = state::silent;
    now_.failure =
        got.is_whole() ? "answer_" + std::to_string(got.head.status) : std::string(common::http::name(got.how.why));
    state_ = api_->trouble(got, "asking for the state");
    end_round();
}

void status_source::take_health(const common::http::answer& got) {
    auto read = got.is_whole() ? read_health(static_cast<std::uint32_t>(got.head.status), got.body)
                               : fail(errc::failed, "no answer");
    if (!read) {
        fall_silent(got);
        if (got.is_whole()) {
            state_.text = api_->options().address + ": " + read.error().text;
        }
        return;
    }
    is_failing_ = false;
    now_.health = std::move(*read);
    now_.state = state_of(now_.health.code);
    ask(step::seal);
}

void status_source::end_round() {
    const auto now = host_.monotonic();
    if (is_failing_) {
        looks_at_ = now + pause_.next();
    } else {
        pause_.reset();
        looks_at_ = now + api_->options().status_interval;
    }
    const auto changes = changes_between(known_, now_);
    std::swap(known_, now_);  // now_ is what was known before
    meters_->answers.set(is_failing_ ? 0 : 1);
    meters_->sealed.set(!is_failing_ && known_.health.is_sealed ? 1 : 0);
    meters_->active.set(known_.state == state::active ? 1 : 0);
    if (!is_failing_) {
        // A sealed server is well looked at.
        state_ = {common::part_health::working, "", std::string(name(known_.state))};
    }
    if (!changes.empty() || now >= tells_at_) {
        tell(changes);
    }
}

void status_source::tell(const std::vector<schema::change>& changes) {
    tells_at_ = host_.monotonic() + api_->options().sample_interval;
    meters_->status_events.add();
    meters_->status_changes.add(changes.empty() ? 0 : 1);
    out_->status(known_, now_, changes);
    out_->flush();
}

void status_source::request_snapshot() {
    if (known_.state != state::unknown) {
        out_->status_snapshot(known_);
        out_->flush();
    }
}

}  // namespace sonde::vault
