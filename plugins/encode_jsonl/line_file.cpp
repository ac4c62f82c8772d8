// SPDX-License-Identifier: Apache-2.0
#include "encode_jsonl/line_file.hpp"

#include <algorithm>
#include <utility>

namespace sonde::encode_jsonl {
namespace {

// At the end a slow stream gets this many times `stall_limit`, which is within any stop deadline.
constexpr int most_last_tries = 4;

// By memchr(), which steps from line to line: a count of bytes looks at each.
std::uint64_t lines_in(std::string_view text) {
    std::uint64_t lines = 0;
    for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
        ++lines;
    }
    return lines;
}

}  // namespace

line_file::line_file(line_file_options options, line_file_counters counters, file_calls& calls)
    : options_(std::move(options)), counters_(counters), output_(options_.path, options_.mode, calls) {}

outcome line_file::open(time now) {
    if (auto opened = output_.open(); !opened) {
        return opened;
    }
    note_open(now);
    return {};
}

void line_file::note_open(time now) {
    look_at_ = now + look_interval;
    if (options_.sync == sync_policy::never) {
        return;
    }
    if (auto synced = output_.sync_directory(); !synced) {
        sync_trouble_ = synced.error();
        counters_.sync_failures.add();
    }
}

const std::optional<failure>& line_file::trouble() const noexcept {
    return rotate_trouble_ ? rotate_trouble_ : sync_trouble_;
}

outcome line_file::flush(time now) {
    if (pending_.empty()) {
        return {};
    }
    if (last_failure_ && now < retry_at_) {
        return std::unexpected(*last_failure_);
    }
    bool slow = false;
    outcome done = be_ready(now);
    if (done) {
        done = write_pending(now, slow);
    }
    if (!done) {
        last_failure_ = done.error();
        retry_at_ = now + retry_delay;
        counters_.failures.add();
        return done;
    }
    last_failure_.reset();
    return done;
}

std::string_view line_file::last_reason() const noexcept { return last_failure_ ? last_failure_->reason : "stalled"; }

// An open file that the path still leads to.
outcome line_file::be_ready(time now) {
    const bool was_open = output_.is_open();
    if (was_open && now < look_at_) {
        return {};
    }
    look_at_ = now + look_interval;
    if (was_open && !output_.was_replaced()) {
        return {};
    }
    if (was_open) {
        counters_.reopens.add();
        if (unsynced_) {
            sync(now);
        }
    }
    output_.close();
    torn_ = 0;  // the line that was cut off goes whole into the new file
    return open(now);
}

outcome line_file::write_pending(time now, bool& slow) {
    while (!pending_.empty() && !slow) {
        const std::size_t piece = next_piece(now);
        if (!output_.is_open()) {  // rotating moved the old file away but could not open the new one
            if (auto opened = open(now); !opened) {
                return opened;
            }
        }
        const auto [bytes, problem] = output_.write(std::string_view(pending_).substr(torn_, piece - torn_));
        slow = bytes < piece - torn_;
        took(bytes);
        if (bytes != 0 && !unsynced_) {
            unsynced_ = true;
            sync_at_ = now + (options_.sync == sync_policy::batch ? time{0} : options_.sync_interval);
        }
        if (problem) {
            return std::unexpected(*problem);
        }
    }
    return {};
}

// The first `bytes` beyond the torn part are in the file: forget the whole lines, and take the broken one back.
void line_file::took(std::size_t bytes) {
    const std::size_t in_file = torn_ + bytes;
    const std::size_t end = in_file == 0 ? std::string::npos : pending_.rfind('\n', in_file - 1);
    const std::size_t whole = end == std::string::npos ? 0 : end + 1;
    counters_.bytes.add(whole);
    counters_.lines.add(lines_in(std::string_view(pending_).substr(0, whole)));
    pending_.erase(0, whole);
    torn_ = in_file - whole;
    if (torn_ != 0 && output_.cut_back(torn_)) {
        torn_ = 0;
    }
}

// How many of the pending bytes to write next: all, or the whole lines that fit below the size limit. Rotates first if
// not even one fits.
std::size_t line_file::next_piece(time now) {
    const std::size_t first_line = pending_.find('\n') + 1;
    if (options_.rotate_bytes == 0 || !output_.is_owned()) {
        return pending_.size();
    }
    for (bool rotated = false;; rotated = true) {
        const std::uint64_t in_file = output_.size() - std::min<std::uint64_t>(output_.size(), torn_);
        const std::uint64_t room = options_.rotate_bytes - std::min(options_.rotate_bytes, in_file);
        if (pending_.size() <= room) {
            return pending_.size();
        }
        if (first_line <= room) {
            return pending_.rfind('\n', static_cast<std::size_t>(room) - 1) + 1;
        }
        if (torn_ != 0 || in_file == 0 || rotated) {
            return first_line;  // it began here, or it is larger than a file may be
        }
        if (now < rotate_at_) {
            return pending_.size();  // rotating does not work at the moment: rather too large a file than a loss
        }
        rotate(now);
        if (rotate_trouble_ || !output_.is_open()) {
            return rotate_trouble_ ? pending_.size() : first_line;
        }
    }
}

void line_file::rotate(time now) {
    if (unsynced_ && options_.sync != sync_policy::never) {
        sync(now);
    }
    const outcome rotated = output_.rotate(options_.rotate_files);
    if (!rotated && output_.is_open()) {
        rotate_trouble_ = rotated.error();
        rotate_at_ = now + look_interval;
        return;
    }
    rotate_trouble_.reset();
    counters_.rotations.add();
    note_open(now);
}

void line_file::sync_if_due(time now) {
    if (options_.sync != sync_policy::never && unsynced_ && now >= sync_at_) {
        sync(now);
    }
}

void line_file::sync(time now) {
    const outcome synced = output_.sync();
    counters_.syncs.add();
    if (!synced) {
        counters_.sync_failures.add();
        sync_trouble_ = synced.error();
        sync_at_ = now + std::max(options_.sync_interval, retry_delay);
        return;
    }
    sync_trouble_.reset();
    unsynced_ = false;
}

line_file::time line_file::next_wake(time now) const noexcept {
    time next{0};
    const auto no_later_than = [&next](time at) { next = next.count() == 0 ? at : std::min(next, at); };
    if (!pending_.empty()) {
        no_later_than(last_failure_ ? retry_at_ : now);
    }
    if (unsynced_ && options_.sync != sync_policy::never) {
        no_later_than(sync_at_);
    }
    return next;
}

std::uint64_t line_file::close(time now) {
    retry_at_ = now;
    outcome done = flush(now);
    for (int more = most_last_tries; done && !pending_.empty() && more > 0; --more) {
        done = flush(now);
    }
    if (unsynced_ && options_.sync != sync_policy::never) {
        sync(now);
    }
    const std::uint64_t lost = lines_in(pending_);
    output_.close();
    pending_.clear();
    torn_ = 0;
    return lost;
}

}  // namespace sonde::encode_jsonl
