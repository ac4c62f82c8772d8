// SPDX-License-Identifier: Apache-2.0
#include "systemd/position_keeper.hpp"

#include <algorithm>

namespace sonde::systemd {
namespace {

using namespace std::chrono_literals;
namespace kept = common::position_store;

constexpr std::string_view key = "journal";
constexpr auto never = std::chrono::nanoseconds::max();
constexpr std::chrono::nanoseconds reopen_pause = 30s;

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

std::optional<std::string> position_keeper::saved() const {
    const std::string* const found = store_ ? store_->find(key) : nullptr;
    return found == nullptr ? std::nullopt : std::optional(*found);
}

void position_keeper::reached(std::string_view cursor, std::chrono::nanoseconds now) {
    latest_.assign(cursor);
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
    if (!latest_.empty()) {
        save(latest_);
    }
    store_.reset();
}

std::chrono::nanoseconds position_keeper::due() const noexcept {
    return store_ ? settled_at_ : std::min(settled_at_, opens_at_);
}

void position_keeper::save(const std::string& cursor) {
    if (!store_) {
        return;
    }
    auto done = store_->set(key, cursor);
    done = done ? store_->save() : done;
    if (done) {
        meters_->positions_saved.add();
        complaint_.clear();
    } else {
        meters_->position_failures.add();
        complaint_ = done.error().message();
    }
}

}  // namespace sonde::systemd
