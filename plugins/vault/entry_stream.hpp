// SPDX-License-Identifier: Apache-2.0
// Cuts what comes over a connection into lines, in a buffer that never grows beyond the longest line. A longer line is
// passed over to its end and counted once. A line that is refused stays and comes again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace sonde::vault {

class entry_stream {
public:
    explicit entry_stream(std::size_t limit) noexcept : limit_(limit) {}

    // Where to put further bytes; at least one. `filled` says how many were put there.
    [[nodiscard]] std::span<char> room();
    void filled(std::size_t bytes) noexcept { end_ += bytes; }

    // Calls `take(line)` for each whole line; false if `take` refused one, and then this has to be called again before
    // room() is used.
    template <class Take>
    [[nodiscard]] bool each(Take&& take) {
        for (std::string_view line; next(line);) {
            if (!take(line)) {
                return false;
            }
            drop_line();
        }
        return true;
    }
    // Lines beyond the limit since the last call.
    [[nodiscard]] std::uint64_t take_too_long() noexcept;

private:
    [[nodiscard]] bool next(std::string_view& line);
    void drop_line() noexcept;

    std::size_t limit_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;    // of what has not been taken
    std::size_t scanned_ = 0;  // no newline before it
    std::size_t end_ = 0;
    std::size_t line_size_ = 0;  // of the line that next() found
    bool is_skipping_ = false;
    std::uint64_t too_long_ = 0;
};

}  // namespace sonde::vault
