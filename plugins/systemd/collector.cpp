// SPDX-License-Identifier: Apache-2.0
#include "systemd/collector.hpp"

#include <algorithm>
#include <array>
#include <random>

namespace sonde::systemd {

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
    halves_.emplace(host_, values_, meters_, out_, std::random_device{}());
    return {};
}

result<void> collector::run(run_context& until) {
    {
        const std::lock_guard lock(mutex_);
        halves_->journal.start();
    }
    turn(false);
    for (;;) {
        // Only this thread changes the halves while it runs.
        std::array descriptors{halves_->units.descriptor(), halves_->journal.descriptor()};
        if (!until.wait(descriptors, wait())) {
            const std::lock_guard lock(mutex_);
            out_.flush();
            halves_->journal.finish();
            return {};
        }
        turn(until.take_subscriber());
    }
}

void collector::turn(bool is_new_subscriber) {
    const std::lock_guard lock(mutex_);
    if (is_new_subscriber) {
        halves_->units.request_snapshot();
    }
    halves_->units.turn();
    if (halves_->journal.due() != 0ns) {
        out_.flush();  // nothing of a unit waits for the journal
    }
    halves_->journal.turn();
    if (halves_->journal.due() != 0ns) {
        out_.flush();
    }
    report();
}

std::chrono::nanoseconds collector::wait() const {
    const auto due = std::min(halves_->units.due(), halves_->journal.due());
    return due == std::chrono::nanoseconds::max() ? -1ns
                                                  : std::max<std::chrono::nanoseconds>(due - host_.monotonic(), 0ns);
}

result<void> collector::stop(std::chrono::nanoseconds) {
    const std::lock_guard lock(mutex_);
    halves_.reset();
    return {};
}

// Tells the host only what differs from the last report.
void collector::report() {
    health_report now = judge(halves_->units.state(), halves_->journal.state());
    if (reported_ != now) {
        host_.report(now.is_ok ? health::ok : health::recoverable, now.reason, now.text);
        reported_ = std::move(now);
    }
}

result<void> collector::handle(std::string_view endpoint, const request& from, response& to) {
    const std::lock_guard lock(mutex_);
    if (!halves_) {
        return fail(errc::failed, "the collector is stopping");
    }
    if (endpoint == "units") {
        return to.write(units_json(halves_->units.units(), from.parameter("state")));
    }
    return to.write(
        check_json({&halves_->units.state(), &halves_->journal.state(), &halves_->journal.files(),
                    halves_->units.units().rows().size(), halves_->journal.told(), halves_->journal.cursor()}));
}

}  // namespace sonde::systemd
