// SPDX-License-Identifier: Apache-2.0
#include <sonde/collecting/file_follower/follower.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

namespace sonde::collecting::file_follower {
namespace {

using namespace std::chrono_literals;

// What inotify does not tell, as of a network's file system or a link's target, is seen by looking.
constexpr std::chrono::nanoseconds look_interval = 10s;
constexpr std::chrono::nanoseconds poll_interval = 250ms;

}  // namespace

follower::follower(follower_options of)
    : of_(std::move(of)), name_at_(of_.path.rfind('/') + 1), splitter_(of_.line_limit) {
    of_.piece_size = std::max(of_.piece_size, of_.line_limit);
    buffer_.resize(of_.piece_size);
}

result<void> follower::open(std::string_view saved, std::chrono::nanoseconds now) {
    auto opened = watcher_.open();
    is_watched_ = opened.has_value();
    if (is_watched_) {
        watcher_.add_directory(directory_of(of_.path));
    }
    auto known = decode(saved);
    if (known && !known->empty()) {
        resume(std::move(*known), now);
    } else {
        begin(now);
    }
    looks_ = false;
    looks_at_ = now + pause();
    return known ? opened : std::unexpected(known.error());
}

std::chrono::nanoseconds follower::pause() const {
    // While a file that was removed is open, its directory may go without a word.
    const bool is_sure = is_watched_ && std::none_of(sources_.begin(), sources_.end(), [](const source& each) {
                             struct stat of{};
                             return ::fstat(each.fd.number(), &of) != 0 || of.st_nlink == 0;
                         });
    return is_sure ? look_interval : poll_interval;
}

void follower::begin(std::chrono::nanoseconds now) {
    survey seen = look_at(of_.path);
    remember(seen.older);
    if (!add_live(seen, now) || of_.is_from_beginning) {
        return;
    }
    source& only = sources_.back();
    // Behind the last whole line: one that is not terminated yet will be.
    const std::uint64_t start = only.size - std::min<std::uint64_t>(only.size, buffer_.size());
    const ssize_t got = ::pread(only.fd.number(), buffer_.data(), buffer_.size(), static_cast<off_t>(start));
    const std::string_view end(buffer_.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    const std::size_t newline = end.rfind('\n');
    only.at.offset = newline == std::string_view::npos ? start : start + newline + 1;
}

bool follower::has_more() const noexcept {
    return looks_ || std::any_of(sources_.begin(), sources_.end(),
                                 [this](const source& each) { return each.has_more && !(is_behind_ && each.is_live); });
}

std::chrono::nanoseconds follower::due() const noexcept {
    if (has_more()) {
        return 0ns;
    }
    auto due = looks_at_;
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        due = may_finish(i) ? std::min(due, sources_[i].quiet_since + of_.linger) : due;
    }
    return due;
}

void follower::notice(std::chrono::nanoseconds now) {
    if (is_watched_) {
        watcher_.drain([this](const watcher::change& of) {
            const bool is_name = of.directory != watcher::change::no_directory &&
                                 (of.name.empty() || of.name == std::string_view(of_.path).substr(name_at_));
            looks_ = looks_ || is_name || of.is_moved;
            for (source& each : sources_) {
                each.has_more = each.has_more || each.watch == of.file;
            }
        });
    }
    if (!looks_ && looks_at_ > now) {
        return;
    }
    looks_ = false;
    look(now);
    looks_at_ = now + pause();
    for (source& each : sources_) {
        struct stat of{};
        each.has_more = each.has_more ||
                        (::fstat(each.fd.number(), &of) == 0 && static_cast<std::uint64_t>(of.st_size) != each.size);
    }
}

bool follower::fill(std::chrono::nanoseconds now) {
    notice(now);
    for (std::size_t i = 0; i < sources_.size();) {
        const bool is_finished = is_expired(i, now);
        if (!sources_[i].has_more && is_finished && sources_[i].at.offset == sources_[i].size) {
            close(i);
            looks_ = looks_ || is_behind_;
        } else if ((sources_[i].has_more && !(is_behind_ && sources_[i].is_live)) || is_finished) {
            return read_piece(i, now);
        } else {
            ++i;
        }
    }
    return false;
}

// One that still has its name on the disk is kept while nothing is in its successors: then its writer has not noticed
// the rotation.
bool follower::may_finish(std::size_t index) const {
    if (sources_[index].is_live) {
        return false;
    }
    struct stat found{};
    return ::fstat(sources_[index].fd.number(), &found) != 0 || found.st_nlink == 0 ||
           std::any_of(sources_.begin() + static_cast<std::ptrdiff_t>(index) + 1, sources_.end(),
                       [](const source& each) { return each.size != 0; });
}

bool follower::is_expired(std::size_t index, std::chrono::nanoseconds now) const {
    const source& of = sources_[index];
    if (is_behind_ && !of.is_live && !of.has_more && of.at.offset == of.size) {
        return true;  // it gives way to one that waits to be opened
    }
    return now - of.quiet_since >= of_.linger && may_finish(index);
}

// A file may be truncated, and written again, at any time: only if it is the same after the read are the bytes what
// they seem.
follower::sameness follower::check(source& of, std::uint64_t end, std::chrono::nanoseconds now) {
    struct stat found{};
    std::array<char, head_limit> head{};
    const bool is_open = ::fstat(of.fd.number(), &found) == 0;
    const ssize_t got = ::pread(of.fd.number(), head.data(), head.size(), 0);
    if (!is_open || got < 0) {
        complaint_ = "cannot read " + of_.path + ": " + std::strerror(errno);
        return sameness::unreadable;
    }
    const generation is = describe({}, found);
    const std::string_view first(head.data(), static_cast<std::size_t>(got));
    if (is.size < end || !first.starts_with(of.head)) {
        return sameness::truncated;
    }
    if (first.size() > of.head.size()) {
        of.head = first;
    }
    if (is.size != of.size) {
        of.quiet_since = now;
    }
    of.size = is.size;
    if (of.is_live) {
        of.at.modified = is.modified;
        newest_ = of.is_fresh ? newest_ : is.modified;
    }
    return sameness::same;
}

// Before its beginning was known the file may have been written, copied and truncated unseen.
bool follower::is_first_in_order(std::size_t index, std::chrono::nanoseconds now) {
    sources_[index].is_fresh = false;
    const std::size_t before = sources_.size();
    const std::uint64_t truncations = counts_.truncations;
    discover(now);
    if (is_behind_ || sources_.size() != before || counts_.truncations != truncations) {
        return false;
    }
    newest_ = sources_[index].at.modified;
    return true;
}

bool follower::read_piece(std::size_t index, std::chrono::nanoseconds now) {
    source& in = sources_[index];
    const std::uint64_t start = std::max(in.at.offset, in.scanned);
    const ssize_t got = ::pread(in.fd.number(), buffer_.data(), buffer_.size(), static_cast<off_t>(start));
    const std::string_view piece(buffer_.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    const std::uint64_t end = start + piece.size();
    const sameness found = got < 0 ? sameness::unreadable : check(in, end, now);
    if (found == sameness::truncated) {
        in.has_more = true;
        discover(now);
        return false;
    }
    in.has_more = found == sameness::same && in.size > end;
    if (found == sameness::unreadable) {
        if (!in.is_live) {
            ++counts_.lost_generations;
            close(index);
        }
        return false;
    }
    if (in.is_live && in.is_fresh && !in.head.empty() && !is_first_in_order(index, now)) {
        return false;
    }
    reading_ = index;
    is_held_ = false;
    has_long_line_ = false;
    const bool is_end = in.size == end && is_expired(index, now);
    if (in.scanned > in.at.offset) {
        return search(in, start, piece, is_end);
    }
    is_piece_full_ = piece.size() == buffer_.size();
    splitter_.feed(piece, in.at.offset, is_end);
    return true;
}

// For the end of a line that is longer than a piece.
bool follower::search(source& in, std::uint64_t start, std::string_view piece, bool is_end) {
    const std::size_t newline = piece.find('\n');
    if (newline == std::string_view::npos && !is_end) {
        in.scanned = start + piece.size();
        return false;
    }
    const std::uint64_t size = start + std::min(newline, piece.size()) - in.at.offset;
    const ssize_t got = ::pread(in.fd.number(), buffer_.data(), std::min<std::uint64_t>(size, of_.line_limit),
                                static_cast<off_t>(in.at.offset));
    const std::string_view text(buffer_.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    long_line_ = {text, size, in.at.offset, text.size() < size, newline == std::string_view::npos};
    has_long_line_ = true;
    splitter_.feed({}, in.at.offset, false);
    in.has_more = true;
    return true;
}

bool follower::next(line& to) noexcept {
    if (has_long_line_) {
        to = long_line_;
        return true;
    }
    return splitter_.next(to);
}

void follower::taken(const line& of) noexcept {
    source& in = sources_[reading_];
    ++counts_.lines;
    counts_.bytes += of.size + (of.is_unterminated ? 0 : 1);
    counts_.truncated_lines += of.is_truncated ? 1 : 0;
    if (has_long_line_) {
        has_long_line_ = false;
        in.at.offset = of.offset + of.size + (of.is_unterminated ? 0 : 1);
        splitter_.feed({}, in.at.offset, false);
    } else {
        splitter_.take();
        in.at.offset = splitter_.taken();
    }
    in.scanned = 0;
}

void follower::settle() {
    source& in = sources_[reading_];
    in.at.offset = splitter_.taken();  // NUL bytes may have been passed over
    counts_.passed_over = splitter_.passed_over();
    if (is_held_) {
        in.has_more = true;
    } else if (is_piece_full_ && !splitter_.is_empty() && splitter_.is_untouched()) {
        in.scanned = in.at.offset + buffer_.size();
    }
    is_piece_full_ = false;
}

}  // namespace sonde::collecting::file_follower
