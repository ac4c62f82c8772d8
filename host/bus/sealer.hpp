// SPDX-License-Identifier: Apache-2.0
// One thread that closes batches whose age limit has come. It sleeps while nothing is open, so an idle agent does not
// wake up; a writer wakes it only when its new batch is due before the sealer would look by itself.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace sonde::bus {

class lane;

class sealer {
public:
    sealer();
    ~sealer();
    sealer(const sealer&) = delete;
    sealer& operator=(const sealer&) = delete;

    void add(std::weak_ptr<lane> watched);

    // A batch that is due at `deadline` (CLOCK_MONOTONIC) has been opened. Costs one atomic load when awake in time.
    void expect(std::int64_t deadline) noexcept {
        if (deadline < wakes_at_.load(std::memory_order_seq_cst)) {
            wake();
        }
    }

private:
    void wake() noexcept;
    void loop();
    [[nodiscard]] std::int64_t seal_all();

    std::atomic<std::int64_t> wakes_at_{0};
    std::mutex mutex_;
    std::condition_variable signal_;
    bool woken_ = false;
    bool stopping_ = false;
    std::vector<std::weak_ptr<lane>> lanes_;
    std::thread thread_;
};

}  // namespace sonde::bus
