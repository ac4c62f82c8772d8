// SPDX-License-Identifier: Apache-2.0
#include <sonde/collecting/position_store/keeper.hpp>

#include <algorithm>

namespace sonde::collecting::position_store {
namespace {

using namespace std::chrono_literals;

constexpr auto never = std::chrono::nanoseconds::max();
constexpr std::chrono::nanoseconds reopen_pause = 30s;
constexpr std::chrono::nanoseconds least_settle = 10ms;

}  // namespace

result<void> keeper::open() {
    auto opened = store::open(of_.directory, of_.name, of_.is_synced ? durability::synced : durability::unsynced);
    if (!opened) {
        complaint_ = opened.error().message();
        return std::unexpected(opened.error());
    }
    complaint_.clear();
    store_.emplace(std::move(*opened));
    if (store_->found() == position_store::finding::corrupt) {
        finding_ = store_->complaint();
        counted_.lost.add();
    }
    return {};
}

std::optional<std::string> keeper::saved(std::string_view key) const {
    const std::string* const found = store_ ? store_->find(key) : nullptr;
    return found == nullptr ? std::nullopt : std::optional(*found);
}

void keeper::look(const positions& current) {
    settling_.clear();
    current([this](std::string_view key, std::string position) { settling_.emplace(key, std::move(position)); });
    is_changed_ = false;
}

void keeper::tick(std::chrono::nanoseconds now, const positions& current) {
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
        settled_at_ = now + std::max(of_.settle, least_settle);
    }
}

void keeper::keep(const positions& current) {
    look(current);
    settled_at_ = never;
    save();
}

void keeper::finish(const positions& current) {
    keep(current);
    store_.reset();
}

std::chrono::nanoseconds keeper::due() const noexcept { return std::min(settled_at_, opens_at_); }

void keeper::save() {
    if (!store_) {
        return;
    }
    result<void> done;
    for (const auto& [key, position] : settling_) {
        done = done ? store_->set(key, position) : done;
    }
    done = done ? store_->save() : done;
    if (done) {
        counted_.saved.add();
        complaint_.clear();
    } else {
        counted_.failures.add();
        is_changed_ = true;  // it is tried again with what is true then
        complaint_ = done.error().message();
    }
}

}  // namespace sonde::collecting::position_store
