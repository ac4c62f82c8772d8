// SPDX-License-Identifier: Apache-2.0
#include "systemd/journal_source.hpp"

#include <algorithm>
#include <array>

namespace sonde::systemd {
namespace {

using namespace std::chrono_literals;
namespace kept = collecting::position_store;

// A piece ends with whichever comes first: so long do a stop and the bus wait at most.
constexpr int piece_entries = 2048;
constexpr std::chrono::nanoseconds piece_time = 20ms;
constexpr int entries_per_look = 64;  // at the clock
constexpr std::chrono::nanoseconds lane_patience = 20ms;
constexpr std::chrono::nanoseconds survey_interval = 60s;
constexpr std::chrono::nanoseconds first_pause = 250ms;
constexpr std::chrono::nanoseconds longest_pause = 4s;
constexpr auto never = std::chrono::nanoseconds::max();
constexpr std::size_t priority_none = 8;

// All fields by which an entry is from a unit or about one.
constexpr std::array unit_fields{"_SYSTEMD_UNIT", "_SYSTEMD_USER_UNIT", "UNIT", "OBJECT_SYSTEMD_UNIT", "COREDUMP_UNIT"};

constexpr std::string_view position_key = "journal";

kept::keeper_counters keeper_counters_of(const meters& of) {
    return {of.positions_saved, of.position_failures, of.positions_lost};
}

}  // namespace

journal_source::journal_source(const host& on, const journal_options& of, const meters& counted, publisher& out,
                               std::uint32_t seed)
    : host_(on), of_(&of), meters_(&counted), out_(&out), pause_(first_pause, longest_pause, seed), choice_(of),
      builder_(of), position_(of.position, keeper_counters_of(counted)), is_filtered_(!index_terms(of).empty()),
      opens_at_(of.is_on ? 0ns : never), surveys_at_(never) {
    state_.health = of.is_on ? common::part_health::starting : common::part_health::off;
}

void journal_source::start() {
    if (!of_->is_on) {
        return;
    }
    auto opened = position_.open();
    is_in_use_ = !opened && opened.error().code == errc::again;
    if (const auto saved = position_.saved(position_key)) {
        last_cursor_ = *saved;
    }
    open();
}

void journal_source::open() {
    const auto now = host_.monotonic();
    opens_at_ = now + pause_.next();
    if (is_in_use_) {
        auto opened = position_.open();
        is_in_use_ = !opened && opened.error().code == errc::again;
        if (is_in_use_) {
            return judge();
        }
        last_cursor_ = position_.saved(position_key).value_or(last_cursor_);
    }
    look_at_files();
    // Directories that do not exist cannot be watched: an empty journal is opened again until it is not.
    if (files_.readable() == 0) {
        return close("there are no journal files");
    }
    auto opened = journal::open(*of_);
    if (!opened) {
        return close(opened.error().text);
    }
    journal_.emplace(std::move(*opened));
    if (auto found = go_to_position(); !found) {
        return close(found.error().text);
    }
    meters_->journal_opens.add();
    pause_.reset();
    opens_at_ = never;
    has_more_ = true;
    judge();
}

result<void> journal_source::go_to_position() {
    is_holding_ = false;
    const bool is_known = !last_cursor_.empty();
    if (!is_known && of_->begin == begin_at::end) {
        // Kept at once, so that what comes while the agent is away later is not taken for old.
        auto newest = journal_->newest();
        if (!newest) {
            return std::unexpected(newest.error());
        }
        last_cursor_ = newest->value_or("");
        position_.touch();
    }
    if (auto filtered = journal_->filter(*of_); !filtered) {
        return filtered;
    }
    if (last_cursor_.empty()) {
        return of_->begin == begin_at::boot ? journal_->seek_boot() : journal_->seek_oldest();
    }
    auto arrived = journal_->seek(last_cursor_);
    if (!arrived) {
        return std::unexpected(arrived.error());
    }
    is_holding_ = *arrived == journal::arrival::after_it;
    // With a filter, the entry of the position need not be among those that pass.
    if (*arrived != journal::arrival::at_the_entry && !is_filtered_) {
        meters_->positions_lost.add();
        host_.warn("the journal entry of the saved position is gone; reading goes on at the next one there is");
    }
    if (const auto at = parse_cursor(last_cursor_)) {
        last_sequence_ = at->sequence;
        last_number_ = at->number;
    }
    return {};
}

void journal_source::close(std::string_view why) {
    failure_ = why;
    journal_.reset();
    is_holding_ = false;
    has_more_ = false;
    judge();
}

void journal_source::turn() {
    if (!of_->is_on) {
        return;
    }
    const auto now = host_.monotonic();
    if (!journal_ && opens_at_ <= now) {
        open();
    }
    if (journal_) {
        const bool is_invalid = journal_->take_changes();
        if (is_invalid || surveys_at_ <= now) {
            look_at_files();
        }
        if (out_->has_reader_of_entries()) {
            read_piece();
        } else {
            has_more_ = false;
        }
    }
    position_.tick(host_.monotonic(), [this](const auto& take) { tell_position(take); });
    judge();
}

void journal_source::read_piece() {
    const auto until = host_.monotonic() + piece_time;
    has_more_ = true;
    for (int i = 1; i <= piece_entries; ++i) {
        switch (read_entry()) {
        case step::told:
        case step::skipped: break;
        case step::at_the_end:
            has_more_ = false;
            out_->flush();
            return;
        case step::no_room: meters_->waits.add(); return;
        case step::failed: return;
        }
        if (i % entries_per_look == 0 && host_.monotonic() >= until) {
            break;
        }
    }
}

journal_source::step journal_source::read_entry() {
    if (!is_holding_) {
        const auto moved = journal_->next();
        if (!moved) {
            meters_->malformed.add();
            opens_at_ = host_.monotonic() + pause_.next();
            close(moved.error().text);
            return step::failed;
        }
        if (!*moved) {
            return step::at_the_end;
        }
    }
    is_holding_ = false;
    const auto cursor = journal_->cursor();
    const auto at = cursor ? parse_cursor(*cursor) : std::nullopt;
    if (!at) {
        meters_->malformed.add();
        return step::skipped;
    }
    if (choice_.is_needed() && !passes()) {
        meters_->skipped.add();
        follow_numbers(*at);
        last_cursor_ = *cursor;
        position_.touch();
        return step::skipped;
    }
    return publish(*cursor, *at);
}

journal_source::step journal_source::publish(std::string_view cursor, const entry_place& at) {
    bool is_readable = true;
    const sonde_rc rc = out_->entry(at, builder_, lane_patience, [&](wire::writer& out) {
        builder_.begin(out, at, cursor);
        is_readable = journal_->each_field([&](std::string_view data) { builder_.add(data); }).has_value();
        builder_.finish();
    });
    if (rc == SONDE_AGAIN || rc == SONDE_STOPPED) {
        is_holding_ = true;
        return step::no_room;
    }
    const entry_facts& facts = builder_.facts();
    if (!is_readable) {
        meters_->malformed.add();
    }
    if (rc == SONDE_OK) {
        meters_->entries[std::min<std::size_t>(facts.priority.value_or(priority_none), priority_none)].add();
        meters_->bytes.add(facts.bytes);
        meters_->truncated.add(facts.truncated_fields);
        meters_->left_out.add(facts.left_out_fields);
        ++told_;
    }
    const std::chrono::nanoseconds written = std::chrono::microseconds(at.realtime_us);
    meters_->lag.set((host_.wall() - written).count());
    follow_numbers(at);
    last_cursor_.assign(cursor);
    position_.touch();
    return step::told;
}

bool journal_source::passes() {
    std::array<std::string, unit_fields.size()> units;
    std::size_t count = 0;
    for (const char* const field : unit_fields) {
        if (auto found = journal_->value(field)) {
            units[count++] = std::move(*found);
        }
    }
    return choice_.passes(std::span(units).first(count));
}

// Without a filter every number of a writer comes by; those that do not were deleted before they could be read.
void journal_source::follow_numbers(const entry_place& at) {
    if (at.sequence == last_sequence_ && at.number > last_number_ + 1 && !is_filtered_) {
        meters_->passed_over.add(at.number - last_number_ - 1);
    }
    last_sequence_ = at.sequence;
    last_number_ = at.number;
}

void journal_source::finish() {
    position_.finish([this](const auto& take) { tell_position(take); });
}

void journal_source::tell_position(const std::function<void(std::string_view, std::string)>& take) const {
    if (!last_cursor_.empty()) {
        take(position_key, last_cursor_);
    }
}

pollfd journal_source::descriptor() const noexcept {
    return journal_ && !has_more_ ? pollfd{journal_->fd(), journal_->events(), 0} : pollfd{-1, 0, 0};
}

std::chrono::nanoseconds journal_source::due() const noexcept {
    if (has_more_) {
        return 0ns;
    }
    auto due = std::min(opens_at_, position_.due());
    if (journal_) {
        const auto wait = journal_->wait();
        due = std::min({due, surveys_at_, wait < 0ns ? never : host_.monotonic() + wait});
    }
    return due;
}

void journal_source::look_at_files() {
    surveys_at_ = host_.monotonic() + survey_interval;
    files_ = survey(journal_directories(*of_), of_->name_space);
    meters_->files_usable.set(static_cast<std::int64_t>(files_.usable));
    meters_->files_corrupt.set(static_cast<std::int64_t>(files_.corrupt));
    meters_->files_set_aside.set(static_cast<std::int64_t>(files_.set_aside));
    meters_->files_denied.set(static_cast<std::int64_t>(files_.denied));
}

void journal_source::judge() {
    if (is_in_use_) {
        state_ = {common::part_health::missing, "state_in_use",
                  position_.complaint() + "; set another state_name for this instance"};
    } else if (!journal_ && files_.denied != 0) {
        state_ = {common::part_health::missing, "journal_denied",
                  "may not read " + files_.first_denied + "; run as root or in the group systemd-journal"};
    } else if (!journal_) {
        const auto directories = journal_directories(*of_);
        state_ = {common::part_health::missing, "no_journal",
                  failure_ + " in " + directories.front() +
                      (directories.size() > 1 ? " and " + directories.back() : "")};
    } else if (files_.denied != 0) {
        state_ = {common::part_health::limping, "journal_denied",
                  "may not read " + files_.first_denied + "; run as root or in the group systemd-journal"};
    } else if (!position_.complaint().empty()) {
        state_ = {common::part_health::limping, "position_not_kept",
                  position_.complaint() + "; a restart begins as without a position. Set state_dir"};
    } else if (files_.corrupt != 0) {
        state_ = {common::part_health::limping, "journal_corrupt",
                  files_.first_corrupt + " is corrupt and left out; journalctl --verify says more"};
    } else if (!position_.finding().empty()) {
        state_ = {common::part_health::limping, "position_corrupt", position_.finding()};
    } else {
        state_ = {common::part_health::working, "", std::to_string(files_.readable()) + " journal files"};
    }
}

}  // namespace sonde::systemd
