// SPDX-License-Identifier: Apache-2.0
#include "vault/entry_stream.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sonde::vault {
namespace {

constexpr std::size_t first_buffer = 16U << 10;
constexpr std::size_t least_room = 4U << 10;

}  // namespace

std::span<char> entry_stream::room() {
    if (begin_ != 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        scanned_ -= begin_;
        begin_ = 0;
    }
    // With a whole line and its newline in it there is always something to take.
    const std::size_t largest = limit_ + least_room;
    if (buffer_.size() - end_ < least_room && buffer_.size() < largest) {
        buffer_.resize(std::min(std::max(2 * buffer_.size(), first_buffer), largest));
    }
    return std::span(buffer_).subspan(end_);
}

bool entry_stream::next(std::string_view& line) {
    for (;;) {
        const char* const from = buffer_.data() + scanned_;
        const auto* const newline =
            end_ == scanned_ ? nullptr : static_cast<const char*>(std::memchr(from, '\n', end_ - scanned_));
        if (newline == nullptr) {
            scanned_ = end_;
            if (is_skipping_ || end_ - begin_ > limit_) {
                too_long_ += is_skipping_ ? 0 : 1;
                is_skipping_ = true;
                begin_ = end_;
            }
            return false;
        }
        const auto at = static_cast<std::size_t>(newline - buffer_.data());
        if (is_skipping_ || at - begin_ > limit_) {
            too_long_ += is_skipping_ ? 0 : 1;
            is_skipping_ = false;
            begin_ = scanned_ = at + 1;
            continue;
        }
        line = std::string_view(buffer_.data() + begin_, at - begin_);
        line_size_ = line.size();
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        return true;
    }
}

void entry_stream::drop_line() noexcept {
    begin_ += line_size_ + 1;
    scanned_ = begin_;
}

std::uint64_t entry_stream::take_too_long() noexcept { return std::exchange(too_long_, 0); }

}  // namespace sonde::vault
