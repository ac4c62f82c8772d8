// SPDX-License-Identifier: Apache-2.0
#include "host/collector.hpp"

#include <cerrno>
#include <cstring>

#include <sys/eventfd.h>

namespace sonde::host_metrics {
namespace {

// Host information is looked at again in a scan, but not more often than this.
constexpr std::chrono::nanoseconds info_pause = std::chrono::seconds(60);

}  // namespace

result<void> collector::configure(const settings& values) {
    auto read = read_options(values);
    if (!read) {
        return std::unexpected(read.error());
    }
    {
        const std::lock_guard lock(mutex_);
        values_ = std::move(*read);
    }
    if (reload_) {
        const std::uint64_t one = 1;
        static_cast<void>(::write(reload_.number(), &one, sizeof one) == sizeof one);
    }
    return {};
}

result<void> collector::start() {
    if (auto opened = out_.open(); !opened) {
        return opened;
    }
    reload_ = collecting::descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!reload_) {
        return fail(errc::failed, "cannot create an eventfd: " + std::string(::strerrordesc_np(errno)));
    }
    return {};
}

option_values collector::options_now() {
    const std::lock_guard lock(mutex_);
    return values_;
}

bool collector::take_reload() {
    std::uint64_t ignored = 0;
    return ::read(reload_.number(), &ignored, sizeof ignored) == sizeof ignored;
}

result<void> collector::run(run_context& until) {
    option_values values = options_now();
    std::optional<sampler> samples(std::in_place, host_, meters_, out_, values);
    samples->tell_host(false);
    auto next_scan = host_.monotonic();
    auto next_info = next_scan + info_pause;
    pollfd reload{reload_.number(), POLLIN, 0};
    for (;;) {
        const auto now = host_.monotonic();
        if (now >= next_scan) {
            if (out_.wants_metrics()) {
                samples->scan();
                report(*samples);
            }
            if (now >= next_info) {
                samples->tell_host(false);
                next_info = now + info_pause;
            }
            out_.flush();
            // After a pause of the whole machine scans are left out, not made up for.
            next_scan = std::max(next_scan + values.interval, host_.monotonic());
        }
        const auto left = std::max(next_scan - host_.monotonic(), std::chrono::nanoseconds(0));
        if (!until.wait({&reload, 1}, left)) {
            return {};
        }
        if (until.take_subscriber()) {
            samples->tell_host(true);
            out_.flush();
        }
        if (take_reload()) {
            values = options_now();
            samples.emplace(host_, meters_, out_, values);
            next_scan = host_.monotonic();
        }
    }
}

void collector::report(const sampler& of) {
    const auto problem = of.problem();
    const std::string told = problem ? problem->text : "ok";
    if (told == reported_) {
        return;
    }
    reported_ = told;
    if (problem) {
        host_.report(health::recoverable, problem->group + "_incomplete", problem->text);
    } else {
        host_.report(health::ok);
    }
}

result<void> collector::stop(std::chrono::nanoseconds) {
    reload_ = collecting::descriptor();
    return {};
}

}  // namespace sonde::host_metrics
