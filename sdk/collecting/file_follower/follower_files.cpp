// SPDX-License-Identifier: Apache-2.0
// Which files a follower reads: the one that has the name, and its older generations.
#include <sonde/collecting/file_follower/follower.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sonde::collecting::file_follower {
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
    const std::string head = read_head(file.fd.number(), size);
    return head.size() == size && hash_of(head) == hash;
}

// The file itself, or else a copy of it that was made before it was truncated, or that has another inode for other
// reasons.
generation* find(const std::vector<generation*>& all, const file_position& of) {
    const auto holds = [&of](const generation* each) {
        return each->size >= of.offset && begins_as(*each, of.head_size, of.head_hash);
    };
    for (generation* const each : all) {
        if (is_same(of, *each) && holds(each)) {
            return each;
        }
    }
    const auto copy = std::find_if(all.rbegin(), all.rend(), [&](const generation* each) {
        return of.head_size != 0 && each->modified >= of.modified && holds(each);
    });
    return copy == all.rend() ? nullptr : *copy;
}

}  // namespace

// What does not fit is opened as soon as something is finished: the order is kept, and nothing is passed over.
bool follower::is_full() const noexcept { return sources_.size() >= open_limit; }

bool follower::add(generation& of, std::uint64_t offset, bool is_live, std::chrono::nanoseconds now) {
    struct stat found{};
    const bool is_file = of.fd && ::fstat(of.fd.number(), &found) == 0 && S_ISREG(found.st_mode);
    if (!is_file) {
        if (is_live) {
            complaint_ = "cannot open " + of.path + ": " + (of.fd ? "it is not a file" : "permission denied");
        }
        return false;
    }
    source added;
    added.head = read_head(of.fd.number(), head_limit);
    added.at = {of.device, of.inode, offset, 0, 0, of.modified};
    added.size = describe({}, found).size;
    added.is_live = is_live;
    added.quiet_since = now;
    added.watch = is_watched_ ? watcher_.add_file(of.fd.number()) : -1;
    added.fd = std::move(of.fd);
    if (is_live) {
        added.is_fresh = true;
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
        const std::string head = read_head(each.fd.number(), head_limit);
        remember({each.device, each.inode, each.size, head.size(), hash_of(head), each.modified});
        newest_ = each.modified;
    }
}

void follower::close(std::size_t index) {
    const source& of = sources_[index];
    remember(position_of(of));
    watcher_.remove_file(of.watch);
    sources_.erase(sources_.begin() + static_cast<std::ptrdiff_t>(index));
}

file_position follower::position_of(const source& of) const {
    return {of.at.device,   of.at.inode,      of.at.offset,
            of.head.size(), hash_of(of.head), of.is_live ? newest_ : of.at.modified};
}

position follower::where() const {
    position all = history_;
    for (const source& each : sources_) {
        all.push_back(position_of(each));
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
bool follower::is_copy(const generation& of, std::string_view live_head) const {
    const std::string head = read_head(of.fd.number(), head_limit);
    const auto begins_alike = [&head](std::string_view other) {
        const std::size_t common = std::min(other.size(), head.size());
        return !other.empty() && other.substr(0, common) == std::string_view(head).substr(0, common);
    };
    return begins_alike(live_head) ||
           std::any_of(sources_.begin(), sources_.end(), [&](const source& each) { return begins_alike(each.head); }) ||
           std::any_of(history_.begin(), history_.end(), [&head](const file_position& each) {
               return each.head_size >= telling_head && head.size() >= each.head_size &&
                      hash_of(std::string_view(head).substr(0, each.head_size)) == each.head_hash;
           });
}

void follower::resume(position saved, std::chrono::nanoseconds now) {
    survey seen = look_at(of_.path);
    std::vector<generation*> all;
    all.reserve(seen.older.size() + 1);
    for (generation& each : seen.older) {
        all.push_back(&each);
    }
    if (seen.live) {
        all.push_back(&*seen.live);
    }
    const std::uint64_t newest = saved.back().modified;
    for (std::size_t i = 0; i < saved.size(); ++i) {
        file_position& each = saved[i];
        generation* const found = find(all, each);
        if (found == nullptr) {
            counts_.lost_generations += i + 1 == saved.size() ? 1 : 0;
            continue;
        }
        if (find_source(*found) != nullptr) {
            continue;
        }
        const bool is_live = seen.live && found == &*seen.live;
        if ((!is_live && found->size <= each.offset) || !add(*found, each.offset, is_live, now)) {
            each.device = found->device;
            each.inode = found->inode;
            remember(each);
        }
    }
    newest_ = newest;
    discover(now);
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
    discover(now);
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

// Opens what has come since the newest file that is known: what was not read of a file that has been truncated, from
// its copy; generations that were rotated before they were seen, those that were written to after they counted as
// finished, and the file that has the name now.
void follower::discover(std::chrono::nanoseconds now) {
    constexpr int most_looks = 8;
    const std::uint64_t newest = newest_;
    std::vector<cut_off> truncated;
    survey seen = look_at(of_.path);
    for (int i = 1; i < most_looks && begin_truncated_again(truncated, now); ++i) {
        seen = look_at(of_.path);  // the copy was made before
    }
    const std::string live_head = seen.live ? read_head(seen.live->fd.number(), head_limit) : std::string();
    is_behind_ = true;
    for (const cut_off& each : truncated) {
        add_copy(seen, each, now);
    }
    for (generation& each : seen.older) {
        if (find_source(each) == nullptr && !add_older(each, newest, live_head, now)) {
            return;  // it comes first
        }
    }
    is_behind_ = seen.live && !add_live(seen, now) && is_full();
}

// `was`: what is to be found in copies. False if no file has been truncated.
bool follower::begin_truncated_again(std::vector<cut_off>& was, std::chrono::nanoseconds now) {
    bool is_any = false;
    for (source& each : sources_) {
        struct stat of{};
        std::string head = read_head(each.fd.number(), head_limit);
        const bool is_longer = ::fstat(each.fd.number(), &of) == 0 && describe({}, of).size >= each.at.offset;
        const bool is_same_file = head.starts_with(each.head);
        if (!is_longer || !is_same_file) {
            was.push_back({position_of(each), each.size - std::min(each.size, each.at.offset)});
            ++counts_.truncations;
            each.at.offset = 0;
            each.scanned = 0;
            each.size = 0;
            each.has_more = true;
            each.quiet_since = now;
            is_any = true;
        }
        each.is_fresh = each.is_fresh || (each.is_live && head.empty());
        each.head = std::move(head);
    }
    return is_any;
}

void follower::add_copy(survey& seen, const cut_off& of, std::chrono::nanoseconds now) {
    if (of.at.offset == 0) {
        return;  // a generation like others that were not seen
    }
    std::vector<generation*> unknown;
    for (generation& each : seen.older) {
        if (find_source(each) == nullptr) {
            unknown.push_back(&each);
        }
    }
    generation* const copy = find(unknown, of.at);
    if (copy == nullptr || !add(*copy, of.at.offset, false, now)) {
        counts_.lost_bytes += of.unread;
        counts_.lost_generations += of.unread != 0 ? 1 : 0;
    }
}

// False if it should be read and could not be opened now.
bool follower::add_older(generation& of, std::uint64_t newest, std::string_view live_head,
                         std::chrono::nanoseconds now) {
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
    } else if (of.modified < newest || is_copy(of, live_head) || (!is_full() && add(of, 0, false, now))) {
        return true;
    }
    if (is_full()) {
        return false;
    }
    ++counts_.lost_generations;  // it is there, and cannot be read
    return true;
}

bool follower::add_live(survey& seen, std::chrono::nanoseconds now) {
    if (!seen.live) {
        complaint_ = "cannot open " + of_.path + ": " + std::strerror(ENOENT);
        return false;
    }
    generation& live = *seen.live;
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

}  // namespace sonde::collecting::file_follower
