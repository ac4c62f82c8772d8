// SPDX-License-Identifier: Apache-2.0
#include "etcd/collector.hpp"

#include <algorithm>
#include <random>

namespace sonde::etcd {

using namespace std::chrono_literals;

namespace {

// Messages of a burst come one by one: what is told is handed over when none has come for so long.
constexpr std::chrono::nanoseconds lull = 1ms;

}  // namespace

result<void> collector::configure(const settings& values) {
    auto read = read_options(values);
    if (!read) {
        return std::unexpected(read.error());
    }
    values_ = std::move(*read);
    return {};
}

result<void> collector::start() {
    if (auto opened = out_.open(values_.values); !opened) {
        return opened;
    }
    const std::lock_guard lock(mutex_);
    halves_.emplace(host_, values_, meters_, out_, std::random_device{}());
    return {};
}

result<void> collector::run(run_context& until) {
    {
        const std::lock_guard lock(mutex_);
        halves_->watched.start();
    }
    turn(false);
    std::vector<pollfd> descriptors;
    for (;;) {
        // Only this thread changes the halves while it runs.
        descriptors.assign(1, halves_->watched.descriptor());
        halves_->status.add_descriptors(descriptors);
        if (!until.wait(descriptors, wait())) {
            const std::lock_guard lock(mutex_);
            out_.flush();
            halves_->watched.finish();
            return {};
        }
        const bool is_quiet =
            std::none_of(descriptors.begin(), descriptors.end(), [](const pollfd& each) { return each.revents != 0; });
        if (is_quiet) {
            out_.flush();
        }
        turn(until.take_subscriber());
    }
}

void collector::turn(bool is_new_subscriber) {
    const std::lock_guard lock(mutex_);
    if (is_new_subscriber) {
        halves_->status.request_snapshot();
    }
    halves_->watched.turn();
    halves_->status.turn();
    report();
}

std::chrono::nanoseconds collector::wait() const {
    const auto due = std::min(halves_->watched.due(), halves_->status.due());
    if (due == std::chrono::nanoseconds::max()) {
        return out_.is_waiting() ? lull : -1ns;
    }
    const auto left = std::max<std::chrono::nanoseconds>(due - host_.monotonic(), 0ns);
    return out_.is_waiting() ? std::min(left, lull) : left;
}

result<void> collector::stop(std::chrono::nanoseconds) {
    const std::lock_guard lock(mutex_);
    halves_.reset();
    return {};
}

// Tells the host only what differs from the last report.
void collector::report() {
    health_report now = judge(halves_->watched.state(), halves_->status.state());
    if (reported_ != now) {
        host_.report(now.is_ok ? health::ok : health::recoverable, now.reason, now.text);
        reported_ = std::move(now);
    }
}

result<void> collector::handle(std::string_view endpoint, const request&, response& to) {
    const std::lock_guard lock(mutex_);
    if (!halves_) {
        return fail(errc::failed, "the collector is stopping");
    }
    if (endpoint == "members") {
        return to.write(members_json(halves_->status.facts(), halves_->status.members()));
    }
    check_facts facts{&halves_->watched.state(),
                      &halves_->status.state(),
                      halves_->watched.at().text,
                      halves_->watched.cluster_id(),
                      {}};
    for (std::size_t i = 0; i < values_.ranges.size(); ++i) {
        facts.ranges.push_back({&values_.ranges[i], halves_->watched.revision(i)});
    }
    return to.write(check_json(facts));
}

}  // namespace sonde::etcd
