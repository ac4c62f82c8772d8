// SPDX-License-Identifier: Apache-2.0
// Asks one address again and again and hands whole answers to whoever knows what to do with them. Keeps how it went,
// for the status. Used by the data thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <sonde/host.hpp>

#include "common/http/message.hpp"
#include "prometheus/access.hpp"
#include "prometheus/meters.hpp"
#include "prometheus/schedule.hpp"

namespace sonde::prometheus {

struct verdict {
    trouble why = trouble::none;
    std::string text;         // for troubles: what happened and what to do
    std::size_t samples = 0;  // that were told
};

// One request that has ended.
struct attempt {
    std::chrono::nanoseconds began{};  // Unix time
    std::chrono::nanoseconds took{};
    bool is_tick = true;  // false between ticks
};

// What is asked for, and what becomes of the answer.
class subject {
public:
    [[nodiscard]] virtual const std::string& name() const noexcept = 0;
    // The next request; none if there is nothing to ask for yet. `now` is Unix time.
    [[nodiscard]] virtual std::optional<common::http::request> ask(std::chrono::nanoseconds now) = 0;
    // An answer with status 200. `body` may be changed.
    [[nodiscard]] virtual verdict take(const attempt& of, const common::http::response_head& head,
                                       std::string& body) = 0;
    // There is none that can be used; `body` is the beginning of what the server said, and may be changed.
    virtual void miss(const attempt& of, verdict& how, std::string& body) = 0;
    virtual ~subject() = default;
};

struct poll_state {
    bool has_ended = false;  // some request
    verdict last;
    attempt latest;
};

class poller final : private common::http::receiver {
public:
    poller(const host& on, const source_meters& counted, access* with, subject& what, const schedule& when,
           std::size_t body_limit)
        : host_(on), meters_(&counted), access_(with), what_(&what), schedule_(when), body_limit_(body_limit) {}
    poller(const poller&) = delete;
    poller& operator=(const poller&) = delete;

    // Starts a request if one is due; true if it did. While `may_start` is false, requests wait; while nobody `listens`
    // they are left out.
    bool turn(common::http::carrier& by, bool may_start, bool listens);
    [[nodiscard]] std::chrono::nanoseconds due() const noexcept { return schedule_.due(); }
    [[nodiscard]] bool is_running() const noexcept { return is_running_; }
    // For its turn, since it may not start.
    [[nodiscard]] bool is_waiting() const noexcept { return schedule_.is_wanted(); }
    [[nodiscard]] const poll_state& state() const noexcept { return state_; }
    [[nodiscard]] const subject& what() const noexcept { return *what_; }

private:
    // Of what comes with another status only the beginning is of use.
    static constexpr std::size_t most_of_errors = 64U << 10;
    static constexpr std::size_t kept_room = 256U << 10;

    void on_head(const common::http::response_head& head) override;
    bool on_body(std::string_view bytes) override;
    void on_end(const common::http::outcome& how) override;
    void settle(verdict how);
    [[nodiscard]] verdict judge(const common::http::outcome& how) const;

    host host_;
    const source_meters* meters_;
    access* access_;  // null: the request goes as it is
    subject* what_;
    schedule schedule_;
    std::size_t body_limit_;
    bool is_running_ = false;
    std::chrono::nanoseconds began_{};  // CLOCK_MONOTONIC
    attempt current_;
    common::http::response_head head_;
    std::string body_;
    poll_state state_;
};

}  // namespace sonde::prometheus
