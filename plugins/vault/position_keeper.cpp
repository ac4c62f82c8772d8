// SPDX-License-Identifier: Apache-2.0
#include "vault/position_keeper.hpp"

#include <algorithm>

namespace sonde::vault {
namespace {

using namespace std::chrono_literals;
namespace kept = common::position_store;

constexpr auto never = std::chrono::nanoseconds::max();
constexpr std::chrono::nanoseconds reopen_pause = 30s;
constexpr std::chrono::nanoseconds least_settle = 10ms;

}  // namespace

result<void> position_keeper::open() {
    auto opened = kept::store::open(of_->state_dir, of_->state_name,
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

std::string position_keeper::saved(std::string_view key) const {
    const std::string* const found = store_ ? store_->find(key) : nullptr;
    return found == nullptr ? std::string{} : *found;
}

void position_keeper::look(const positions& current) {
    settling_.clear();
    current([this](std::string_view key, std::string position) { settling_.emplace(key, std::move(position)); });
    is_changed_ = false;
}

void position_keeper::tick(std::chrono::nanoseconds now, const positions& current) {
    if (!store_ && opens_at_ <= now) {
        static_cast<void>(open());  // a failure is in `complaint`
        opens_at_ = never;
    }
    opens_at_ = store_ ? never : std::min(opens_at_, now + reopen_pause);
    if (settled_at_ <= now) {
        save();
        settled_at_ = never;
    }
    if (is_changed_ && settled_at_ == never) {
        look(current);
        settled_at_ = now + std::max(of_->settle, least_settle);
    }
}

void position_keeper::finish(const positions& current) {
    look(current);
    save();
    settled_at_ = never;
}

std::chrono::nanoseconds position_keeper::due() const noexcept { return std::min(settled_at_, opens_at_); }

void position_keeper::save() {
    if (!store_) {
        return;
    }
    result<void> done;
    for (const auto& [key, position] : settling_) {
        done = done ? store_->set(key, position) : done;
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

}  // namespace sonde::vault
