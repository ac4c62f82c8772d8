// SPDX-License-Identifier: Apache-2.0
#include "ebpf/dns/stream.hpp"

#include <algorithm>

namespace sonde::ebpf::dns {

std::size_t stream::bytes_before(std::uint32_t sequence, bytes& segment) noexcept {
    if (!is_begun_) {
        is_begun_ = true;
        next_ = sequence;
    }
    // Sequence numbers wrap (RFC 9293 section 3.4).
    const std::int64_t ahead = static_cast<std::int32_t>(sequence - next_);
    const auto known = static_cast<std::size_t>(ahead < 0 ? -ahead : 0);
    const auto missing = static_cast<std::size_t>(ahead > 0 ? ahead : 0);
    segment = segment.subspan(std::min(known, segment.size()));
    next_ += static_cast<std::uint32_t>(missing + segment.size());
    return missing;
}

stream::piece stream::skip(std::size_t missing) noexcept {
    if (missing == 0 || is_lost_) {
        return {};
    }
    const std::size_t expected = length_ - read_;
    if (length_read_ < length_size || missing > expected) {
        is_lost_ = true;
        return {};
    }
    is_cut_ = true;
    read_ += missing;
    return {kept_, length_, missing == expected};
}

stream::piece stream::advance(bytes& segment) {
    while (length_read_ < length_size && !segment.empty()) {
        length_ = (length_ << 8) | segment.front();
        ++length_read_;
        segment = segment.subspan(1);
    }
    if (length_read_ < length_size) {
        return {};
    }
    const bytes part = segment.first(std::min(length_ - read_, segment.size()));
    segment = segment.subspan(part.size());
    const bool is_whole = read_ == 0 && part.size() == length_;
    read_ += part.size();
    if (is_whole) {
        return {part, length_, true};
    }
    keep(part);
    return {kept_, length_, read_ == length_};
}

void stream::keep(bytes part) {
    if (is_cut_) {
        return;
    }
    const bytes fitting = part.first(std::min(limit_ - kept_.size(), part.size()));
    kept_.insert(kept_.end(), fitting.begin(), fitting.end());
    is_cut_ = fitting.size() < part.size();
}

void stream::finish() noexcept {
    kept_.clear();
    length_ = 0;
    length_read_ = 0;
    read_ = 0;
    is_cut_ = false;
}

}  // namespace sonde::ebpf::dns
