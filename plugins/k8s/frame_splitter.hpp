// SPDX-License-Identifier: Apache-2.0
// Cuts the body of a watch into its frames: one JSON document per line, arriving in any pieces. A line beyond the limit
// is passed over up to its end and counted; memory stays bounded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace sonde::k8s {

class frame_splitter {
public:
    // Readable bytes behind every frame, as simdjson wants them.
    static constexpr std::size_t padding = 64;

    explicit frame_splitter(std::size_t longest) : longest_(longest) {}

    // Calls `take(std::string_view)` with each complete, non-empty line. `take` returns false to stop; what is left is
    // then dropped. The view has `padding` readable bytes behind it and is valid during the call.
    template <class Take>
    bool feed(std::string_view bytes, Take&& take) {
        while (!bytes.empty()) {
            const std::size_t end = bytes.find('\n');
            append(bytes.substr(0, end));
            if (end == std::string_view::npos) {
                return true;
            }
            bytes.remove_prefix(end + 1);
            if (!finish_line(take)) {
                return false;
            }
        }
        return true;
    }

    // Bytes of a line whose end has not come.
    [[nodiscard]] std::size_t pending() const noexcept { return line_.size(); }
    [[nodiscard]] bool is_inside_line() const noexcept { return is_skipping_ || !line_.empty(); }
    // Lines that were longer than allowed, since the last call.
    [[nodiscard]] std::uint64_t take_oversized() noexcept { return std::exchange(oversized_, 0); }
    void clear() noexcept {
        line_.clear();
        is_skipping_ = false;
    }

private:
    void append(std::string_view part) {
        if (is_skipping_ || part.empty()) {
            return;
        }
        if (line_.size() + part.size() > longest_) {
            is_skipping_ = true;
            ++oversized_;
            line_.clear();
            line_.shrink_to_fit();
            return;
        }
        line_.append(part);
    }
    template <class Take>
    bool finish_line(Take&& take) {
        if (is_skipping_) {
            is_skipping_ = false;
            return true;
        }
        if (!line_.empty() && line_.back() == '\r') {
            line_.pop_back();
        }
        const std::size_t size = line_.size();
        if (size == 0) {
            return true;
        }
        line_.append(padding, '\0');
        const bool goes_on = take(std::string_view(line_).substr(0, size));
        line_.clear();
        if (line_.capacity() > kept_capacity) {
            line_.shrink_to_fit();
        }
        return goes_on;
    }

    // A stream that once carried a large object does not hold on to that memory.
    static constexpr std::size_t kept_capacity = 256U << 10;

    std::size_t longest_;
    std::string line_;
    bool is_skipping_ = false;
    std::uint64_t oversized_ = 0;
};

}  // namespace sonde::k8s
