// SPDX-License-Identifier: Apache-2.0
// Which files a follower reads: the one that has the name, and its older generations.
#include "common/file_follower/follower.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sonde::common::file_follower {
namespace {

using namespace std::chrono_literals;

// Shorter beginnings say too little about which file it is.
constexpr std::size_t telling_head = 24;
constexpr std::size_t open_limit = generation_limit / 2;

bool is_same(const file_position& a, const generation& b) noexcept {
    return a.device == b.device && a.inode == b.inode;
}

std::string read_head(int fd, std::size_t size) {
    std::array<char, head_limit> head{};
    const ssize_t got = ::pread(fd, head.data(), std::min(size, head.size()), 0);
    return {head.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

bool begins_as(const generation& file, std::uint64_t size, std::uint64_t hash) {
    if (size == 0) {
        return true;
    }
    const descriptor fd(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    const std::string head = fd ? read_head(fd.number(), size) : std::string();
    return head.size() == size && hash_of(head) == hash;
}

// The file itself, or else a copy of it that was made before it was truncated, or that has another inode for other
// reasons.
const generation* find(const std::vector<generation>& all, const file_position& of) {
    const auto holds = [&of](const generation& each) {
        return each.size >= of.offset && begins_as(each, of.head_size, of.head_hash);
    };
    for (const generation& each : all) {
        if (is_same(of, each) && holds(each)) {
            return &each;
        }
    }
    const auto copy = std::find_if(all.rbegin(), all.rend(), [&](const generation& each) {
        return of.head_size != 0 && each.modified >= of.modified && holds(each);
    });
    return copy == all.rend() ? nullptr : &*copy;
}

}  // namespace

// What does not fit is opened as soon as something is finished: the order is kept, and nothing is passed over.
bool follower::is_full() const noexcept { return sources_.size() >= open_limit; }

bool follower::add(const generation& of, std::uint64_t offset, bool is_live, std::chrono::nanoseconds now) {
    descriptor fd(::open(of.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat found{};
    const bool is_open = fd && ::fstat(fd.number(), &found) == 0 && S_ISREG(found.st_mode);
    const generation is = describe(of.path, found);
    if (!is_open || is.device != of.device || is.inode != of.inode) {
        looks_ = looks_ || is_open || errno == ENOENT;  // the name has moved on
        if (is_live) {
            complaint_ = "cannot open " + of.path + ": " + (fd ? "it is not a file" : std::strerror(errno));
        }
        return false;
    }
    source added;
    added.head = read_head(fd.number(), head_limit);
    added.at = {is.device, is.inode, offset, 0, 0, is.modified};
    added.size = is.size;
    added.is_live = is_live;
    added.quiet_since = now;
    added.watch = is_watched_ ? watcher_.add_file(fd.number()) : -1;
    added.fd = std::move(fd);
    if (is_live) {
        newest_ = is.modified;
        complaint_.clear();
    }
    sources_.push_back(std::move(added));
    return true;
}

void follower::remember(const file_position& of) {
    history_.push_back(of);
    if (history_.size() > generation_limit) {
        history_.erase(history_.begin());
    }
}

// What is there before the first line is read is not for us.
void follower::remember(const std::vector<generation>& older) {
    for (const generation& each : older) {
        const descriptor fd(::open(each.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
        const std::string head = fd ? read_head(fd.number(), head_limit) : std::string();
        remember({each.device, each.inode, each.size, head.size(), hash_of(head), each.modified});
        newest_ = each.modified;
    }
}

void follower::close(std::size_t index) {
    source& of = sources_[index];
    of.at.head_size = of.head.size();
    of.at.head_hash = hash_of(of.head);
    remember(of.at);
    watcher_.remove_file(of.watch);
    sources_.erase(sources_.begin() + static_cast<std::ptrdiff_t>(index));
}

position follower::where() const {
    position all = history_;
    for (const source& each : sources_) {
        all.push_back(each.at);
        all.back().head_size = each.head.size();
        all.back().head_hash = hash_of(each.head);
        all.back().modified = each.is_live ? newest_ : each.at.modified;
    }
    if (all.size() > generation_limit) {
        all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(generation_limit));
    }
    return all;
}

follower::source* follower::find_source(const generation& of) noexcept {
    const auto at =
        std::find_if(sources_.begin(), sources_.end(), [&of](const source& each) { return is_same(each.at, of); });
    return at == sources_.end() ? nullptr : &*at;
}

// A file of which nothing or only a part has been copied yet counts too: it says nothing that is not read elsewhere.
bool follower::is_copy(const generation& of) const {
    const descriptor fd(::open(of.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    const std::string head = fd ? read_head(fd.number(), head_limit) : std::string();
    return std::any_of(sources_.begin(), sources_.end(),
                       [&head](const source& each) {
                           const std::size_t common = std::min(each.head.size(), head.size());
                           return !each.head.empty() && each.head.compare(0, common, head, 0, common) == 0;
                       }) ||
           std::any_of(history_.begin(), history_.end(), [&head](const file_position& each) {
               return each.head_size >= telling_head && head.size() >= each.head_size &&
                      hash_of(std::string_view(head).substr(0, each.head_size)) == each.head_hash;
           });
}

void follower::resume(position saved, std::chrono::nanoseconds now) {
    const survey seen = look_at(of_.path);
    std::vector<generation> all = seen.older;
    if (seen.live) {
        all.push_back(*seen.live);
    }
    const std::uint64_t newest = saved.back().modified;
    for (std::size_t i = 0; i < saved.size(); ++i) {
        file_position& each = saved[i];
        const generation* const found = find(all, each);
        if (found == nullptr) {
            counts_.lost_generations += i + 1 == saved.size() ? 1 : 0;
            continue;
        }
        if (find_source(*found) != nullptr) {
            continue;
        }
        const bool is_live = seen.live && found == &all.back();
        if ((!is_live && found->size <= each.offset) || !add(*found, each.offset, is_live, now)) {
            each.device = found->device;
            each.inode = found->inode;
            remember(each);
        }
    }
    newest_ = newest;
    discover(seen, now);
}

void follower::look(std::chrono::nanoseconds now) {
    struct stat found{};
    if (::stat(of_.path.c_str(), &found) != 0) {
        complaint_ = "cannot open " + of_.path + ": " + std::strerror(errno);
        retire(now);
        if (is_watched_) {
            watcher_.check_again(0);
        }
        return;
    }
    const source* const current = find_source(describe({}, found));
    if (current == nullptr || !current->is_live) {
        retire(now);
    } else if (!is_behind_) {
        return;
    }
    discover(look_at(of_.path), now);
}

void follower::retire(std::chrono::nanoseconds now) {
    for (source& each : sources_) {
        if (each.is_live) {
            ++counts_.rotations;
            each.is_live = false;
            each.quiet_since = now;
            each.has_more = true;
        }
    }
}

// Opens what has come since the newest file that is known: generations that were rotated before they were seen, those
// that were written to after they counted as finished, and the file that has the name now.
void follower::discover(const survey& seen, std::chrono::nanoseconds now) {
    const std::uint64_t newest = newest_;
    is_behind_ = true;
    for (source& each : sources_) {
        std::string head = each.head.size() < head_limit ? read_head(each.fd.number(), head_limit) : std::string();
        if (head.starts_with(each.head)) {
            each.head = std::move(head);
        }
    }
    for (const generation& each : seen.older) {
        if (find_source(each) == nullptr && !add_older(each, newest, now)) {
            return;  // it comes first
        }
    }
    is_behind_ = seen.live && !add_live(seen, now) && is_full();
}

// False if it should be read and could not be opened now.
bool follower::add_older(const generation& of, std::uint64_t newest, std::chrono::nanoseconds now) {
    const auto known =
        std::find_if(history_.begin(), history_.end(), [&of](const file_position& each) { return is_same(each, of); });
    if (known != history_.end() && begins_as(of, known->head_size, known->head_hash)) {
        const file_position at = *known;
        if (of.size <= at.offset) {
            return true;
        }
        if (!is_full() && add(of, at.offset, false, now)) {
            std::erase(history_, at);
            return true;
        }
    } else if (of.modified < newest || is_copy(of) || (!is_full() && add(of, 0, false, now))) {
        return true;
    }
    if (is_full() || looks_) {
        return false;
    }
    ++counts_.lost_generations;  // it is there, and cannot be read
    return true;
}

bool follower::add_live(const survey& seen, std::chrono::nanoseconds now) {
    if (!seen.live) {
        complaint_ = "cannot open " + of_.path + ": " + std::strerror(ENOENT);
        return false;
    }
    const generation& live = *seen.live;
    if (source* const known = find_source(live)) {
        known->is_live = true;
        std::rotate(known, known + 1, sources_.data() + sources_.size());
        return true;
    }
    if (is_full()) {
        return false;
    }
    const auto past = std::find_if(history_.begin(), history_.end(),
                                   [&live](const file_position& each) { return is_same(each, live); });
    const bool is_past =
        past != history_.end() && live.size >= past->offset && begins_as(live, past->head_size, past->head_hash);
    if (!add(live, is_past ? past->offset : 0, true, now)) {
        return false;
    }
    if (past != history_.end()) {
        history_.erase(past);
    }
    return true;
}

// The file was truncated. What was in it and has not been read is in a copy, if it was rotated by copying.
void follower::recover(std::size_t index, std::chrono::nanoseconds now) {
    ++counts_.truncations;
    source& of = sources_[index];
    file_position was = of.at;
    was.head_size = of.head.size();
    was.head_hash = hash_of(of.head);
    was.modified = of.is_live ? newest_ : of.at.modified;
    const std::uint64_t unread = of.size - std::min(of.size, was.offset);
    of.at.offset = 0;
    of.scanned = 0;
    of.size = 0;
    of.head = read_head(of.fd.number(), head_limit);
    of.has_more = true;
    of.quiet_since = now;
    const std::size_t before = sources_.size();
    const survey seen = look_at(of_.path);
    std::vector<generation> copies = seen.older;
    std::erase_if(copies, [this](const generation& each) { return find_source(each) != nullptr; });
    if (const generation* const copy = find(copies, was)) {
        add(*copy, was.offset, false, now);
    }
    discover(seen, now);  // puts the file itself behind its copies
    if (sources_.size() == before) {
        counts_.lost_bytes += unread;
        counts_.lost_generations += unread != 0 ? 1 : 0;
    }
}

}  // namespace sonde::common::file_follower
