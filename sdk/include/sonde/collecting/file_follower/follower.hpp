// SPDX-License-Identifier: Apache-2.0
// Follows a log line by line over rotation by rename, rotation by copy and truncation, and absence. Each line is handed
// over at least once and in order; `where` is the position behind the last one that was taken, from which a later
// follower goes on, also when the file was rotated in between. A generation that was rotated is read to its end first,
// and kept open for late writers. No thread, no allocation per line: poll `fd`, call `read_some`. Not thread-safe.
// Times called `now` are CLOCK_MONOTONIC (sonde::host::monotonic).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sonde/collecting/descriptor.hpp>
#include <sonde/collecting/file_follower/generations.hpp>
#include <sonde/collecting/file_follower/line_splitter.hpp>
#include <sonde/collecting/file_follower/position.hpp>
#include <sonde/collecting/file_follower/watcher.hpp>
#include <sonde/result.hpp>

namespace sonde::collecting::file_follower {

struct follower_options {
    std::string path;                      // of the log, absolute; the file need not exist
    std::size_t line_limit = 64U << 10U;   // bytes of a line that are handed over
    std::size_t piece_size = 256U << 10U;  // bytes per call; at least the line limit
    bool is_from_beginning = false;        // without a position: all that is there, or only what comes
    // So long a generation that was rotated must have been quiet before it counts as finished.
    std::chrono::nanoseconds linger = std::chrono::seconds(10);
};

// Since the follower was made.
struct follower_counts {
    std::uint64_t lines = 0;
    std::uint64_t bytes = 0;
    std::uint64_t truncated_lines = 0;
    std::uint64_t rotations = 0;
    std::uint64_t truncations = 0;
    std::uint64_t lost_generations = 0;  // gone, or without a copy, before they were known to be read to their end
    std::uint64_t lost_bytes = 0;        // seen, but truncated away before they were read
    std::uint64_t passed_over = 0;       // NUL bytes in front of a line
};

class follower {
public:
    explicit follower(follower_options of);

    // `saved` is what `encode(where())` gave earlier, or empty. May be used after a failure too: a position that cannot
    // be read counts as none, and without inotify the file is looked at four times a second.
    [[nodiscard]] result<void> open(std::string_view saved, std::chrono::nanoseconds now);

    [[nodiscard]] int fd() const noexcept { return watcher_.fd(); }
    // The time of the next wanted call, if `fd` stays quiet: `now` or earlier while there is more to read.
    [[nodiscard]] std::chrono::nanoseconds due() const noexcept;

    // Reads at most one piece and calls `take(const line&)` for each line in it; the line's text is valid until `take`
    // returns. When it returns false the line is not taken and comes again. True if there is more. Does not wait,
    // except for the disk.
    template <class Take>
    bool read_some(std::chrono::nanoseconds now, Take&& take) {
        if (fill(now)) {
            for (line each; next(each);) {
                if (!take(std::as_const(each))) {
                    is_held_ = true;
                    break;
                }
                taken(each);
            }
            settle();
        }
        return has_more();
    }

    // Behind the last line that was taken; `encode` makes it a word for a position store.
    [[nodiscard]] position where() const;
    [[nodiscard]] const std::string& path() const noexcept { return of_.path; }
    [[nodiscard]] const follower_counts& counts() const noexcept { return counts_; }
    [[nodiscard]] bool is_following() const noexcept { return !sources_.empty() && sources_.back().is_live; }
    // Why the file is not followed, or how badly; empty if all is well.
    [[nodiscard]] const std::string& complaint() const noexcept { return complaint_; }

private:
    struct source {
        descriptor fd;
        file_position at;
        std::string head;           // its first bytes
        std::uint64_t scanned = 0;  // no newline between the offset and here
        std::uint64_t size = 0;     // when last looked at
        int watch = -1;
        bool is_live = false;   // it has the name that is followed
        bool is_fresh = false;  // what came before it has not been looked for since its beginning is known
        bool has_more = true;
        std::chrono::nanoseconds quiet_since{};
    };
    struct cut_off {
        file_position at;
        std::uint64_t unread = 0;  // bytes that were seen
    };
    enum class sameness : std::uint8_t { same, truncated, unreadable };

    // In follower_files.cpp: which files there are.
    void resume(position saved, std::chrono::nanoseconds now);
    void look(std::chrono::nanoseconds now);
    void discover(std::chrono::nanoseconds now);
    [[nodiscard]] bool begin_truncated_again(std::vector<cut_off>& was, std::chrono::nanoseconds now);
    void add_copy(survey& seen, const cut_off& of, std::chrono::nanoseconds now);
    [[nodiscard]] bool is_full() const noexcept;
    bool add(generation& of, std::uint64_t offset, bool is_live, std::chrono::nanoseconds now);
    bool add_live(survey& seen, std::chrono::nanoseconds now);
    [[nodiscard]] bool add_older(generation& of, std::uint64_t newest, std::string_view live_head,
                                 std::chrono::nanoseconds now);
    void close(std::size_t index);
    void retire(std::chrono::nanoseconds now);
    [[nodiscard]] file_position position_of(const source& of) const;
    void remember(const file_position& of);
    [[nodiscard]] source* find_source(const generation& of) noexcept;
    void remember(const std::vector<generation>& older);
    [[nodiscard]] bool is_copy(const generation& of, std::string_view live_head) const;

    // In follower.cpp: what is in them.
    [[nodiscard]] bool has_more() const noexcept;
    void begin(std::chrono::nanoseconds now);
    void notice(std::chrono::nanoseconds now);
    [[nodiscard]] bool fill(std::chrono::nanoseconds now);
    [[nodiscard]] bool is_first_in_order(std::size_t index, std::chrono::nanoseconds now);
    [[nodiscard]] bool read_piece(std::size_t index, std::chrono::nanoseconds now);
    [[nodiscard]] bool search(source& in, std::uint64_t start, std::string_view piece, bool is_end);
    [[nodiscard]] sameness check(source& of, std::uint64_t end, std::chrono::nanoseconds now);
    [[nodiscard]] std::chrono::nanoseconds pause() const;
    [[nodiscard]] bool may_finish(std::size_t index) const;
    [[nodiscard]] bool is_expired(std::size_t index, std::chrono::nanoseconds now) const;
    [[nodiscard]] bool next(line& to) noexcept;
    void taken(const line& of) noexcept;
    void settle();

    follower_options of_;
    std::size_t name_at_;  // in the path
    watcher watcher_;
    std::vector<source> sources_;  // oldest first
    position history_;             // read to their end
    std::uint64_t newest_ = 0;     // when the followed file was last seen to change
    std::vector<char> buffer_;
    line_splitter splitter_;
    std::size_t reading_ = 0;  // source of the piece in the buffer
    line long_line_;           // longer than a piece
    bool has_long_line_ = false;
    bool is_piece_full_ = false;
    bool is_held_ = false;
    bool looks_ = true;
    bool is_behind_ = false;  // a generation that is not open yet comes before the live file
    bool is_watched_ = false;
    std::chrono::nanoseconds looks_at_{};
    follower_counts counts_;
    std::string complaint_;
};

}  // namespace sonde::collecting::file_follower
