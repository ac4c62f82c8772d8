// SPDX-License-Identifier: Apache-2.0
#include "vault/audit_files.hpp"

#include <algorithm>
#include <cstdio>

namespace sonde::vault {
namespace {

using namespace std::chrono_literals;
namespace follow = collecting::file_follower;

constexpr auto never = std::chrono::nanoseconds::max();
constexpr std::chrono::nanoseconds lane_patience = 20ms;
constexpr std::chrono::nanoseconds in_use_pause = 4s;
constexpr std::size_t least_piece = 256U << 10;

// The path, or what it hashes to where the store does not take it as a key.
std::string key_of(const std::string& path) {
    if (collecting::position_store::is_key(path) && path.size() <= collecting::position_store::key_limit) {
        return path;
    }
    char digits[32];
    std::snprintf(digits, sizeof digits, "file-%016llx", static_cast<unsigned long long>(follow::hash_of(path)));
    return digits;
}

collecting::position_store::keeper_counters keeper_counters_of(const meters& of) {
    return {of.positions_saved, of.position_failures, of.positions_lost};
}

}  // namespace

audit_files::audit_files(const host& on, const audit_options& of, const meters& counted, audit_sink& to)
    : host_(on), of_(&of), meters_(&counted), to_(&to), positions_(of.position, keeper_counters_of(counted)) {
    state_.health = of.files.empty() ? common::part_health::off : common::part_health::starting;
}

void audit_files::start() {
    if (of_->files.empty()) {
        return;
    }
    auto opened = positions_.open();
    is_in_use_ = !opened && opened.error().code == errc::again;
    if (is_in_use_) {
        opens_at_ = host_.monotonic() + in_use_pause;
    } else {
        open_files();
    }
    judge();
}

void audit_files::open_files() {
    opens_at_ = never;
    bool is_new = false;
    for (const std::string& path : of_->files) {
        follow::follower_options with;
        with.path = path;
        with.line_limit = of_->entry_limit;
        with.piece_size = std::max(of_->entry_limit, least_piece);
        with.is_from_beginning = !of_->begins_at_end;
        followed each{key_of(path), std::make_unique<follow::follower>(std::move(with)), {}, true};
        const std::string saved = positions_.saved(each.key).value_or(std::string{});
        is_new = is_new || saved.empty();
        if (auto opened = each.file->open(saved, host_.monotonic()); !opened) {
            meters_->positions_lost.add(follow::decode(saved) ? 0 : 1);
            host_.warn(path + ": " + opened.error().message());
        }
        files_.push_back(std::move(each));
    }
    // At once, so that what comes while the agent is away is not taken for old.
    if (is_new) {
        positions_.keep([this](const auto& take) { visit(take); });
    }
}

void audit_files::turn() {
    if (of_->files.empty()) {
        return;
    }
    if (is_in_use_) {
        return host_.monotonic() >= opens_at_ ? start() : void();
    }
    for (followed& each : files_) {
        read(each);
    }
    positions_.tick(host_.monotonic(), [this](const auto& take) { visit(take); });
    judge();
}

// One piece, so that the other parts get their turn.
void audit_files::read(followed& from) {
    if (!to_->has_reader()) {
        from.has_more = false;
        return;
    }
    bool is_full = false;
    const std::uint64_t before = from.file->counts().lines;
    from.has_more = from.file->read_some(host_.monotonic(), [&](const follow::line& each) {
        if (each.is_truncated) {
            to_->skip_too_long();
            return true;
        }
        is_full = !to_->take(each.text, schema::entry_source::file, lane_patience);
        return !is_full;
    });
    if (is_full) {
        meters_->audit_waits.add();
    }
    if (from.file->counts().lines != before) {
        positions_.touch();
    }
    if (!from.has_more) {
        to_->flush();
    }
    count(from);
}

void audit_files::count(followed& of) {
    const follow::follower_counts& now = of.file->counts();
    meters_->file_rotations.add(now.rotations - of.counted.rotations);
    meters_->file_truncations.add(now.truncations - of.counted.truncations);
    meters_->file_lost_generations.add(now.lost_generations - of.counted.lost_generations);
    meters_->file_lost_bytes.add(now.lost_bytes - of.counted.lost_bytes);
    of.counted = now;
}

void audit_files::visit(const std::function<void(std::string_view, std::string)>& take) const {
    for (const followed& each : files_) {
        take(each.key, follow::encode(each.file->where()));
    }
}

void audit_files::finish() {
    if (!files_.empty()) {
        positions_.finish([this](const auto& take) { visit(take); });
    }
}

std::chrono::nanoseconds audit_files::due() const {
    auto due = std::min(positions_.due(), opens_at_);
    if (to_->has_reader()) {
        for (const followed& each : files_) {
            due = std::min(due, each.file->due());
        }
    }
    return due;
}

void audit_files::add_descriptors(std::vector<pollfd>& to) const {
    if (to_->has_reader()) {
        for (const followed& each : files_) {
            to.push_back({each.file->fd(), POLLIN, 0});
        }
    }
}

void audit_files::judge() {
    if (is_in_use_) {
        state_ = {common::part_health::missing, "state_in_use",
                  positions_.complaint() + "; set another state_name for this instance"};
        return;
    }
    const auto troubled =
        std::ranges::find_if(files_, [](const followed& each) { return !each.file->complaint().empty(); });
    if (troubled != files_.end()) {
        const bool is_all =
            std::ranges::none_of(files_, [](const followed& each) { return each.file->is_following(); });
        state_ = {is_all ? common::part_health::missing : common::part_health::limping, "audit_file_missing",
                  troubled->file->complaint()};
    } else if (!positions_.complaint().empty()) {
        state_ = {common::part_health::limping, "position_not_kept",
                  positions_.complaint() + "; a restart begins as without a position. Set state_dir"};
    } else if (!positions_.finding().empty()) {
        state_ = {common::part_health::limping, "position_corrupt", positions_.finding()};
    } else {
        state_ = {common::part_health::working, "", std::to_string(files_.size()) + " audit logs"};
    }
}

}  // namespace sonde::vault
