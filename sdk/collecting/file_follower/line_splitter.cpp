// SPDX-License-Identifier: Apache-2.0
#include <sonde/collecting/file_follower/line_splitter.hpp>

#include <algorithm>
#include <cstring>

namespace sonde::collecting::file_follower {

void line_splitter::feed(std::string_view piece, std::uint64_t offset, bool is_end) noexcept {
    piece_ = piece;
    base_ = offset;
    is_end_ = is_end;
    taken_ = 0;
    found_ = 0;
}

bool line_splitter::next(line& to) noexcept {
    if (taken_ < piece_.size() && piece_[taken_] == '\0') {
        const std::size_t text = std::min(piece_.find_first_not_of('\0', taken_), piece_.size());
        passed_over_ += text - taken_;
        taken_ = text;
    }
    if (taken_ == piece_.size()) {
        return false;
    }
    const std::string_view rest = piece_.substr(taken_);
    const void* const newline = std::memchr(rest.data(), '\n', rest.size());
    if (newline == nullptr && !is_end_) {
        return false;
    }
    const std::size_t size =
        newline == nullptr ? rest.size() : static_cast<std::size_t>(static_cast<const char*>(newline) - rest.data());
    to = {rest.substr(0, std::min(size, limit_)), size, base_ + taken_, size > limit_, newline == nullptr};
    found_ = taken_ + size + (newline == nullptr ? 0 : 1);
    return true;
}

}  // namespace sonde::collecting::file_follower
