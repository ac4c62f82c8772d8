// SPDX-License-Identifier: Apache-2.0
// Lines in a piece of a file, without copies. A line beyond the limit is cut, and its whole size is told. NUL bytes in
// front of a line are passed over: they are what a truncated file holds up to where its writer goes on. Part of the
// follower; of use alone too.
#pragma once

#include <cstdint>
#include <string_view>

namespace sonde::collecting::file_follower {

struct line {
    std::string_view text;         // without the newline; valid until the splitter gets its next piece
    std::uint64_t size = 0;        // of the whole line
    std::uint64_t offset = 0;      // in its file
    bool is_truncated = false;     // `text` is shorter than the line
    bool is_unterminated = false;  // the file ended without a newline
};

class line_splitter {
public:
    explicit line_splitter(std::size_t limit) noexcept : limit_(limit) {}

    // `piece` begins where a line begins, at `offset` of its file. `is_end`: its last line needs no newline.
    void feed(std::string_view piece, std::uint64_t offset, bool is_end) noexcept;
    // False if there is no whole line left. The line counts as taken only when `take` is called.
    [[nodiscard]] bool next(line& to) noexcept;
    void take() noexcept { taken_ = found_; }

    // In the file, behind the last line that was taken.
    [[nodiscard]] std::uint64_t taken() const noexcept { return base_ + taken_; }
    [[nodiscard]] bool is_empty() const noexcept { return taken_ == piece_.size(); }
    [[nodiscard]] bool is_untouched() const noexcept { return taken_ == 0; }
    [[nodiscard]] std::uint64_t passed_over() const noexcept { return passed_over_; }

private:
    std::size_t limit_;
    std::string_view piece_;
    std::uint64_t base_ = 0;
    bool is_end_ = false;
    std::size_t taken_ = 0;
    std::size_t found_ = 0;
    std::uint64_t passed_over_ = 0;
};

}  // namespace sonde::collecting::file_follower
