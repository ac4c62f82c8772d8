// SPDX-License-Identifier: Apache-2.0
#include "pages/liveness.hpp"

#include <condition_variable>
#include <mutex>

#include "pages/pages.hpp"

namespace sonde::pages {

struct liveness::beat {
    std::mutex mutex;
    std::condition_variable ran;
    bool on_its_way = false;
    std::chrono::steady_clock::time_point posted;
};

liveness::liveness(run::supervisor& of, const page_limits& limits)
    : supervisor_(of), wait_(limits.turn_wait), limit_(limits.turn_limit), beat_(std::make_shared<beat>()) {}

verdict liveness::ask() {
    std::unique_lock lock(beat_->mutex);
    if (!beat_->on_its_way) {
        beat_->on_its_way = true;
        beat_->posted = std::chrono::steady_clock::now();
        supervisor_.post([to = beat_] {
            const std::lock_guard held(to->mutex);
            to->on_its_way = false;
            to->ran.notify_all();
        });
        // Only who posted waits, so that probes of an agent that hangs do not take every worker.
        beat_->ran.wait_for(lock, wait_, [&] { return !beat_->on_its_way; });
    }
    if (!beat_->on_its_way) {
        return {};
    }
    const auto waiting = std::chrono::steady_clock::now() - beat_->posted;
    return {waiting < limit_, waiting};
}

}  // namespace sonde::pages
