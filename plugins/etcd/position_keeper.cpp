// SPDX-License-Identifier: Apache-2.0
#include "etcd/position_keeper.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace sonde::etcd {
namespace {

using namespace std::chrono_literals;
namespace kept = common::position_store;

constexpr auto never = std::chrono::nanoseconds::max();
constexpr std::chrono::nanoseconds reopen_pause = 30s;
constexpr int hexadecimal = 16;

std::string digits(std::uint64_t value, int base) {
    std::array<char, 24> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value, base);
    return {text.data(), end.ptr};
}

bool take_number(std::string_view text, int base, std::uint64_t& to) noexcept {
    const auto end = std::from_chars(text.data(), text.data() + text.size(), to, base);
    return end.ec == std::errc{} && end.ptr == text.data() + text.size();
}

// Ranges are bytes of any length, keys of the file are words: "watch.", the begin in hexadecimal as far as it fits, and
// a hash (FNV-1a) of the whole range.
std::string key_of(const key_range& of) {
    constexpr std::size_t most = 64;
    constexpr std::uint64_t prime = 0x100000001b3;
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char each : of.begin + std::string(1, '\0') + of.end) {
        hash = (hash ^ static_cast<unsigned char>(each)) * prime;
    }
    std::string key = "watch.";
    for (const char each : of.begin.substr(0, most)) {
        const bool is_plain = (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
                              (each >= '0' && each <= '9') || each == '.' || each == '/' || each == '-';
        key.push_back(is_plain ? each : '_');
    }
    return key + "." + digits(hash, hexadecimal);
}

}  // namespace

std::string to_text(const watch::place& at) {
    return digits(at.cluster_id, hexadecimal) + ":" + digits(at.revision, 10);
}

std::optional<watch::place> parse_place(std::string_view text) noexcept {
    watch::place at;
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || !take_number(text.substr(0, colon), hexadecimal, at.cluster_id) ||
        !take_number(text.substr(colon + 1), 10, at.revision)) {
        return std::nullopt;
    }
    return at;
}

position_keeper::position_keeper(const state_options& of, const std::vector<key_range>& ranges, const meters& counted)
    : of_(&of), meters_(&counted), latest_(ranges.size()) {
    for (const key_range& each : ranges) {
        keys_.push_back(key_of(each));
    }
}

result<void> position_keeper::open() {
    auto opened = kept::store::open(of_->directory, of_->name,
                                    of_->is_synced ? kept::durability::synced : kept::durability::unsynced);
    if (!opened) {
        complaint_ = opened.error().message();
        return std::unexpected(opened.error());
    }
    complaint_.clear();
    store_.emplace(std::move(*opened));
    if (store_->found() == kept::finding::corrupt) {
        finding_ = store_->complaint();
        meters_->positions_lost.add();
    }
    return {};
}

std::optional<watch::place> position_keeper::saved(std::size_t i) const {
    const std::string* const found = store_ ? store_->find(keys_[i]) : nullptr;
    return found == nullptr ? std::nullopt : parse_place(*found);
}

void position_keeper::reached(std::size_t i, const watch::place& at, std::chrono::nanoseconds now) {
    latest_[i] = at;
    if (settled_at_ == never) {
        settling_ = latest_;
        settled_at_ = now + of_->settle;
    }
}

void position_keeper::tick(std::chrono::nanoseconds now) {
    if (!store_ && opens_at_ == never) {
        opens_at_ = now + reopen_pause;
    }
    if (!store_ && opens_at_ <= now) {
        opens_at_ = now + reopen_pause;
        static_cast<void>(open());  // a failure is in `complaint`
    }
    if (settled_at_ > now) {
        return;
    }
    save(settling_);
    settled_at_ = never;
    if (latest_ != settling_) {
        settling_ = latest_;
        settled_at_ = now + std::max<std::chrono::nanoseconds>(of_->settle, 10ms);
    }
}

void position_keeper::finish() {
    save(latest_);
    store_.reset();
}

std::chrono::nanoseconds position_keeper::due() const noexcept {
    return store_ ? settled_at_ : std::min(settled_at_, opens_at_);
}

void position_keeper::save(const places& all) {
    if (!store_) {
        return;
    }
    result<void> done;
    for (std::size_t i = 0; i < all.size() && done; ++i) {
        if (all[i]) {
            done = store_->set(keys_[i], to_text(*all[i]));
        }
    }
    done = done ? store_->save() : done;
    if (done) {
        meters_->positions_saved.add();
        complaint_.clear();
    } else {
        meters_->position_failures.add();
        complaint_ = done.error().message();
    }
}

}  // namespace sonde::etcd
