// SPDX-License-Identifier: Apache-2.0
#include "cni/collector.hpp"

#include <algorithm>

namespace sonde::cni {

using namespace std::chrono_literals;

result<void> collector::configure(const settings& values) {
    auto read = read_options(values);
    if (!read) {
        return std::unexpected(read.error());
    }
    values_ = std::move(*read);
    return {};
}

result<void> collector::start() {
    if (auto opened = out_.open(); !opened) {
        return opened;
    }
    const std::lock_guard lock(mutex_);
    parts_.emplace(host_, values_, meters_, out_);
    return {};
}

result<void> collector::run(run_context& until) {
    {
        const std::lock_guard lock(mutex_);
        parts_->configs.start();
        parts_->results.start();
        parts_->network.start();
        parts_->logs.start();
        out_.flush();
        report();
    }
    for (;;) {
        // Only this thread changes the parts while it runs.
        descriptors_.clear();
        parts_->configs.add_descriptor(descriptors_);
        parts_->results.add_descriptor(descriptors_);
        parts_->network.add_descriptors(descriptors_);
        parts_->logs.add_descriptors(descriptors_);
        if (!until.wait(descriptors_, wait())) {
            const std::lock_guard lock(mutex_);
            out_.flush();
            parts_->logs.finish();
            return {};
        }
        turn(until);
    }
}

void collector::turn(run_context& until) {
    const std::lock_guard lock(mutex_);
    if (until.take_subscriber()) {
        tell_all();
    }
    until.deliver();
    parts_->operations.turn();
    const bool is_new_config = parts_->configs.turn();
    parts_->results.turn(is_new_config);
    parts_->network.turn();
    parts_->logs.turn();
    if (parts_->logs.due() != 0ns) {
        out_.flush();
    }
    report();
}

void collector::tell_all() {
    parts_->configs.tell_all();
    parts_->results.tell_all();
    parts_->network.tell_all();
}

result<void> collector::consume(const batch_view& batch) {
    if (parts_) {
        parts_->operations.consume(batch);  // inside `turn`
    }
    return {};
}

std::chrono::nanoseconds collector::wait() const {
    const auto due =
        std::min({parts_->configs.due(), parts_->results.due(), parts_->network.due(), parts_->logs.due()});
    return due == std::chrono::nanoseconds::max() ? -1ns
                                                  : std::max<std::chrono::nanoseconds>(due - host_.monotonic(), 0ns);
}

result<void> collector::stop(std::chrono::nanoseconds) {
    const std::lock_guard lock(mutex_);
    parts_.reset();
    return {};
}

part_list collector::list() const {
    return {{{"logs", &parts_->logs.state()},
             {"config", &parts_->configs.state()},
             {"results", &parts_->results.state()},
             {"network", &parts_->network.state()},
             {"operations", &parts_->operations.state()}}};
}

// Tells the host only what differs from the last report.
void collector::report() {
    health_report now = judge(list());
    if (reported_ != now) {
        host_.report(now.is_ok ? health::ok : health::recoverable, now.reason, now.text);
        reported_ = std::move(now);
    }
}

result<void> collector::handle(std::string_view endpoint, const request&, response& to) {
    const std::lock_guard lock(mutex_);
    if (!parts_) {
        return fail(errc::failed, "the collector is stopping");
    }
    if (endpoint == "pools") {
        return to.write(pools_json(parts_->results.pools()));
    }
    return to.write(endpoint == "operations" ? operations_json(parts_->operations.latencies()) : check_json(list()));
}

}  // namespace sonde::cni
