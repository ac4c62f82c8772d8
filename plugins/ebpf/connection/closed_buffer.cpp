// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/closed_buffer.hpp"

#include <algorithm>

namespace sonde::ebpf::connection {

closed_buffer::closed_buffer(std::size_t capacity, std::size_t failed_capacity)
    : capacity_(capacity), failed_capacity_(failed_capacity) {
    rows_.reserve(std::min(capacity, first_capacity));
}

void closed_buffer::drop(const row& lost, closed_stats& stats) noexcept {
    ++(lost.who.key.protocol == transport::tcp ? stats.dropped_tcp : stats.dropped_udp);
}

void closed_buffer::store(const row& ended, closed_stats& stats) {
    if (ended.is_failed && failed_ == failed_capacity_) {
        ++stats.dropped_failed;
        return;
    }
    const bool is_full = rows_.size() >= capacity_;
    if (is_full && (ended.is_empty() || first_empty_ == rows_.size())) {
        drop(ended, stats);
        return;
    }
    failed_ += ended.is_failed ? 1 : 0;
    if (ended.is_empty()) {
        rows_.push_back(ended);
        return;
    }
    if (is_full) {
        const row& gone = rows_[first_empty_];
        failed_ -= gone.is_failed ? 1 : 0;
        drop(gone, stats);
        rows_[first_empty_] = ended;
    } else {
        rows_.push_back(ended);
        std::swap(rows_[first_empty_], rows_.back());
    }
    ++first_empty_;
}

void closed_buffer::take(large_vector<row>& taken) noexcept {
    taken.clear();
    std::swap(taken, rows_);
    clear();
}

void closed_buffer::clear() noexcept {
    rows_.clear();
    first_empty_ = 0;
    failed_ = 0;
}

}  // namespace sonde::ebpf::connection
