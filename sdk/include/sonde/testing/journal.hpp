// SPDX-License-Identifier: Apache-2.0
// A growing list that one thread appends to while a test reads copies of it or waits for something to appear.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

namespace sonde::testing {

template <class Item>
class journal {
public:
    void add(Item item) {
        {
            const std::lock_guard lock(mutex_);
            items_.push_back(std::move(item));
        }
        changed_.notify_all();
    }
    [[nodiscard]] std::vector<Item> all() const {
        const std::lock_guard lock(mutex_);
        return items_;
    }
    [[nodiscard]] std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return items_.size();
    }
    void clear() {
        const std::lock_guard lock(mutex_);
        items_.clear();
    }

    // Waits until some item satisfies `wanted`; false after `limit`.
    template <class Predicate>
    [[nodiscard]] bool wait_for(Predicate wanted, std::chrono::nanoseconds limit) const {
        std::unique_lock lock(mutex_);
        std::size_t looked_at = 0;
        return changed_.wait_until(lock, std::chrono::steady_clock::now() + limit, [&] {
            looked_at = looked_at > items_.size() ? 0 : looked_at;
            while (looked_at < items_.size()) {
                if (wanted(items_[looked_at++])) {
                    return true;
                }
            }
            return false;
        });
    }

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<Item> items_;
};

}  // namespace sonde::testing
