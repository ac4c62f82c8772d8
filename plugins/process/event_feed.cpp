// SPDX-License-Identifier: Apache-2.0
#include "process/event_feed.hpp"

#include <algorithm>

namespace sonde::process {

bool event_feed::open_if_due(std::chrono::nanoseconds now) {
    const bool is_wanted = wanted_ == event_source::automatic || wanted_ == event_source::connector;
    if (!is_wanted || is_suspended_ || is_live() || !next_attempt_ || *next_attempt_ > now) {
        return false;
    }
    auto opened = proc_connector::open(receive_buffer_);
    if (!opened) {
        fail_with(std::move(opened.error()), now);
        return false;
    }
    connector_.emplace(std::move(*opened));
    problem_.reset();
    next_attempt_.reset();
    return true;
}

void event_feed::lose(int error, std::chrono::nanoseconds now) {
    connector_.reset();
    connector_problem problem = explain(error);
    problem.permanent = false;
    fail_with(std::move(problem), now);
}

void event_feed::suspend() {
    connector_.reset();
    problem_.reset();
    next_attempt_.reset();
    is_suspended_ = true;
}

void event_feed::resume(std::chrono::nanoseconds now) {
    is_suspended_ = false;
    next_attempt_ = now;
}

// Attempts are counted over the instance's life: a connector that keeps breaking ends in polling for good.
void event_feed::fail_with(connector_problem problem, std::chrono::nanoseconds now) {
    problem.permanent = problem.permanent || ++attempts_ >= most_attempts;
    next_attempt_.reset();
    if (!problem.permanent) {
        next_attempt_ = now + pause_;
        pause_ = std::min(pause_ * 2, longest_pause);
    }
    problem_ = std::move(problem);
}

}  // namespace sonde::process
