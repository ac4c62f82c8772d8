// SPDX-License-Identifier: Apache-2.0
#include "cni/log_source.hpp"

#include <algorithm>

#include "cni/families.hpp"

namespace sonde::cni {
namespace {

using namespace std::chrono_literals;
namespace kept = collecting::position_store;
namespace files = collecting::file_follower;

constexpr std::chrono::nanoseconds lane_patience = 20ms;
constexpr std::chrono::nanoseconds reopen_pause = 30s;
constexpr auto never = std::chrono::nanoseconds::max();

std::string key_of(const std::string& path) {
    return kept::is_key(path) ? path : "path-" + std::to_string(files::hash_of(path));
}

// The same line has the same id wherever it is read: renamed, copied, or again after a crash.
event_id id_of(const std::string& path, const files::line& of) {
    constexpr std::uint64_t prime = 0x100000001b3;
    const std::uint64_t first = (files::hash_of(path) ^ of.offset) * prime;
    const std::uint64_t second = files::hash_of(of.text) ^ (of.size * prime);
    event_id id{};
    for (std::size_t i = 0; i < sizeof first; ++i) {
        id[i] = static_cast<std::uint8_t>(first >> (i * 8U));
        id[i + sizeof first] = static_cast<std::uint8_t>(second >> (i * 8U));
    }
    return id;
}

}  // namespace

log_source::log_source(const host& on, const log_options& of, const meters& counted, publisher& out,
                       const pod_table& pods)
    : host_(on), of_(&of), meters_(&counted), out_(&out), pods_(&pods),
      positions_(of.position, {counted.positions_saved, counted.position_failures, counted.positions_lost}) {
    state_.health = of.is_on ? common::part_health::waiting : common::part_health::off;
}

void log_source::start() {
    if (of_->is_on) {
        begin();
    }
}

void log_source::begin() {
    const auto opened = positions_.open();
    is_in_use_ = !opened && opened.error().code == errc::again;
    asks_again_at_ = host_.monotonic() + reopen_pause;
    if (!is_in_use_) {
        follow();
    }
    judge();
}

void log_source::follow() {
    logs_.reserve(of_->paths.size());
    for (const std::string& path : of_->paths) {
        files::follower_options with{.path = path, .line_limit = of_->line_limit, .linger = of_->linger};
        with.is_from_beginning = of_->is_from_beginning;
        logs_.push_back({files::follower(std::move(with)), key_of(path), std::string(family_of_name(path)), {}});
        log& added = logs_.back();
        auto opened = added.follower.open(positions_.saved(added.key).value_or(""), host_.monotonic());
        if (!opened) {
            host_.warn(opened.error().message());
        }
    }
    has_more_ = true;
    // Kept at once, so that what comes while the agent is away later is not taken for old.
    positions_.touch();
}

void log_source::turn() {
    if (!of_->is_on) {
        return;
    }
    const auto now = host_.monotonic();
    if (is_in_use_ && asks_again_at_ <= now) {
        begin();
    }
    has_more_ = false;
    if (out_->has_reader_of_lines()) {
        for (log& each : logs_) {
            const std::uint64_t before = each.follower.counts().lines;
            has_more_ =
                each.follower.read_some(now, [&](const files::line& of) { return tell(each, of); }) || has_more_;
            if (each.follower.counts().lines != before) {
                positions_.touch();
            }
            count(each);
        }
    }
    if (!has_more_) {
        out_->flush();
    }
    if (!is_in_use_) {
        positions_.tick(host_.monotonic(), [this](const auto& take) { tell_positions(take); });
    }
    judge();
}

bool log_source::tell(log& from, const files::line& of) {
    event_.clear();
    const log_form form = parser_.parse(of.text, event_);
    event_.source = schema::source::log;
    event_.family = event_.family.empty() ? std::string_view(from.family) : event_.family;
    event_.raw = of.text;
    event_.is_raw_truncated = of.is_truncated;
    event_.path = from.follower.path();
    event_.offset = of.offset;
    pods_->complete(event_);
    const sonde_rc rc = out_->tell_line(event_, id_of(from.follower.path(), of), lane_patience);
    if (rc == SONDE_AGAIN || rc == SONDE_STOPPED) {
        meters_->waits.add();
        return false;
    }
    if (form == log_form::plain && event_.kind == schema::kind::log) {
        meters_->log_not_understood.add();
    }
    return true;
}

void log_source::count(log& of) {
    const files::follower_counts& now = of.follower.counts();
    files::follower_counts& before = of.counted;
    meters_->log_lines.add(now.lines - before.lines);
    meters_->log_bytes.add(now.bytes - before.bytes);
    meters_->log_truncated.add(now.truncated_lines - before.truncated_lines);
    meters_->log_rotations.add(now.rotations - before.rotations);
    meters_->log_truncations.add(now.truncations - before.truncations);
    meters_->log_lost_generations.add(now.lost_generations - before.lost_generations);
    meters_->log_lost_bytes.add(now.lost_bytes - before.lost_bytes);
    before = now;
}

void log_source::tell_positions(const std::function<void(std::string_view, std::string)>& take) const {
    for (const log& each : logs_) {
        take(each.key, files::encode(each.follower.where()));
    }
}

void log_source::finish() {
    if (!logs_.empty()) {
        positions_.finish([this](const auto& take) { tell_positions(take); });
        logs_.clear();
    }
}

void log_source::add_descriptors(std::vector<pollfd>& to) const {
    for (const log& each : logs_) {
        to.push_back({out_->has_reader_of_lines() ? each.follower.fd() : -1, POLLIN, 0});
    }
}

std::chrono::nanoseconds log_source::due() const noexcept {
    if (!of_->is_on) {
        return never;
    }
    if (has_more_) {
        return 0ns;
    }
    auto due = is_in_use_ ? asks_again_at_ : positions_.due();
    for (const log& each : logs_) {
        due = out_->has_reader_of_lines() ? std::min(due, each.follower.due()) : due;
    }
    return due;
}

void log_source::judge() {
    const auto first =
        std::find_if(logs_.begin(), logs_.end(), [](const log& each) { return !each.follower.complaint().empty(); });
    if (is_in_use_) {
        state_ = {common::part_health::missing, "state_in_use",
                  positions_.complaint() + "; set another state_name for this instance"};
    } else if (first != logs_.end()) {
        const bool is_absent = first->follower.complaint().ends_with("No such file or directory");
        state_ = {is_absent ? common::part_health::waiting : common::part_health::limping,
                  is_absent ? "no_log" : "log_unreadable",
                  first->follower.complaint() + "; it is tried again. Set log_paths, or logs to false"};
    } else if (!positions_.complaint().empty()) {
        state_ = {common::part_health::limping, "position_not_kept",
                  positions_.complaint() + "; a restart begins as without a position. Set state_dir"};
    } else if (!positions_.finding().empty()) {
        state_ = {common::part_health::limping, "position_corrupt", positions_.finding()};
    } else {
        state_ = {common::part_health::working, "", std::to_string(logs_.size()) + " files"};
    }
}

}  // namespace sonde::cni
