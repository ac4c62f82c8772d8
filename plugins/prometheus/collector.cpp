// SPDX-License-Identifier: Apache-2.0
#include "prometheus/collector.hpp"

#include <array>
#include <random>

namespace sonde::prometheus {

result<void> collector::configure(const settings& values) {
    auto read = read_options(values);
    if (!read) {
        return std::unexpected(read.error());
    }
    values_ = std::move(*read);
    return {};
}

result<void> collector::start() {
    streams to;
    for (const auto& [topic, into] : {std::pair(query_topic, &to.queries), std::pair(scrape_topic, &to.scrapes)}) {
        auto opened = open_stream(host_, topic);
        if (!opened) {
            return std::unexpected(opened.error());
        }
        *into = *opened;
    }
    auto made = engine::make(host_, values_, meters_, to, std::random_device{}());
    if (!made) {
        return std::unexpected(made.error());
    }
    const std::lock_guard lock(mutex_);
    engine_ = std::move(*made);
    return {};
}

result<void> collector::run(run_context& until) {
    for (;;) {
        turn();
        // Only this thread changes the engine while it runs.
        std::array descriptors{engine_->descriptor()};
        if (!until.wait(descriptors, engine_->wait())) {
            return {};
        }
    }
}

// Tells the host only what differs from the last report.
void collector::turn() {
    const std::lock_guard lock(mutex_);
    engine_->turn();
    health_report now = judge(engine_->state());
    if (reported_ != now) {
        host_.report(now.is_ok ? health::ok : health::recoverable, now.reason, now.text);
        reported_ = std::move(now);
    }
}

result<void> collector::stop(std::chrono::nanoseconds) {
    const std::lock_guard lock(mutex_);
    engine_.reset();
    return {};
}

result<void> collector::handle(std::string_view, const request&, response& to) {
    const std::lock_guard lock(mutex_);
    if (engine_ == nullptr) {
        return fail(errc::failed, "the collector is stopping");
    }
    return to.write(check_json(engine_->state()));
}

}  // namespace sonde::prometheus
