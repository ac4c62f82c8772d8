// SPDX-License-Identifier: Apache-2.0
#include "prometheus/engine.hpp"

#include <algorithm>

namespace sonde::prometheus {

using namespace std::chrono_literals;

result<std::unique_ptr<engine>> engine::make(const host& on, const option_values& of, const meters& counted,
                                             const streams& to, std::uint32_t seed) {
    auto client = common::http::client::make(of.client);
    if (!client) {
        return std::unexpected(client.error());
    }
    std::unique_ptr<engine> made(new engine(on, of, counted, to, std::move(*client)));
    std::mt19937 random(seed);
    for (const query_options& each : of.queries) {
        made->add(source_kind::query, std::make_unique<query>(each, of, counted, to.queries), each.interval, random);
    }
    for (const target_options& each : of.targets) {
        made->add(source_kind::scrape, std::make_unique<target>(each, of, counted, to.scrapes), each.interval, random);
    }
    return made;
}

void engine::add(source_kind kind, std::unique_ptr<subject> what, std::chrono::nanoseconds interval,
                 std::mt19937& random) {
    std::uniform_int_distribution<std::int64_t> within(0, interval.count() - 1);
    const auto first = host_.monotonic() + (of_->spreads_start ? std::chrono::nanoseconds(within(random)) : 0ns);
    const schedule when(first, interval, {of_->retry_first, of_->retry_limit, static_cast<std::uint32_t>(random())});
    // Credentials are for one kind of peer: the server of queries if there is one.
    const bool has_credentials = kind == source_kind::query || of_->url.empty();
    auto by = std::make_unique<poller>(host_, meters_->of(kind), has_credentials ? &access_ : nullptr, *what, when,
                                       of_->limits.body);
    rows_.push_back({kind, std::move(what), std::move(by)});
}

void engine::turn() {
    client_.drive();
    auto running =
        static_cast<std::size_t>(std::ranges::count_if(rows_, [](const row& each) { return each.by->is_running(); }));
    const bool hears_queries = to_.queries.has_subscriber();
    const bool hears_scrapes = to_.scrapes.has_subscriber();
    // Who waited longest for a place begins, so that nobody waits for ever.
    std::optional<std::size_t> waiting;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const std::size_t place = (first_ + i) % rows_.size();
        const row& each = rows_[place];
        const bool listens = each.kind == source_kind::query ? hears_queries : hears_scrapes;
        running += each.by->turn(client_, running < of_->request_limit, listens) ? 1 : 0;
        if (!waiting && each.by->is_waiting()) {
            waiting = place;
        }
    }
    first_ = waiting.value_or(first_);
    count_failing();
    to_.queries.flush();  // of the whole lane
}

void engine::count_failing() const {
    std::int64_t failing[2] = {};
    for (const row& each : rows_) {
        failing[static_cast<std::size_t>(each.kind)] +=
            each.by->state().has_ended && each.by->state().last.why != trouble::none ? 1 : 0;
    }
    meters_->query.failing.set(failing[0]);
    meters_->scrape.failing.set(failing[1]);
}

std::chrono::nanoseconds engine::wait() const noexcept {
    auto due = std::chrono::nanoseconds::max();
    for (const row& each : rows_) {
        due = std::min(due, each.by->due());
    }
    const auto wait = std::max<std::chrono::nanoseconds>(due - host_.monotonic(), 0ns);
    const auto clients = client_.wait();
    return clients < 0ns ? wait : std::min(wait, clients);
}

std::vector<poll_facts> engine::state() const {
    std::vector<poll_facts> all;
    all.reserve(rows_.size());
    for (const row& each : rows_) {
        all.push_back({each.what->name(), each.kind, &each.by->state()});
    }
    return all;
}

}  // namespace sonde::prometheus
