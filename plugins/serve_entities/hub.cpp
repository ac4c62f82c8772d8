// SPDX-License-Identifier: Apache-2.0
#include "serve_entities/hub.hpp"

#include <algorithm>

namespace sonde::serve_entities {
namespace {

using clock = std::chrono::steady_clock;

void wake(const std::vector<std::shared_ptr<feed>>& all) {
    for (const auto& each : all) {
        each->call().wake();
    }
}

}  // namespace

hub::hub(const hub_limits& limits, const meters& counted)
    : limits_(limits), meters_(&counted), settled_at_(clock::now() + limits.settle), table_(limits.entities, counted),
      watcher_([this](const std::stop_token& until) { watch(until); }) {}

hub::~hub() {
    watcher_.request_stop();
    changed_.notify_all();
}

table::source_id hub::source(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return table_.source(name);
}

void hub::note_gap(table::source_id of) {
    const std::lock_guard lock(mutex_);
    table_.note_gap(of);
}

void hub::note_restart(table::source_id of) {
    const std::lock_guard lock(mutex_);
    table_.note_restart(of);
}

bool hub::is_full() {
    const std::lock_guard lock(mutex_);
    return table_.is_full();
}

void hub::take(common::entities::entity_event event, table::source_id from) {
    const std::lock_guard lock(mutex_);
    table_.take(std::move(event), from, changes_);
}

// Those whose calls go on; the others are forgotten.
hub::feeds hub::living() {
    feeds found;
    std::erase_if(feeds_, [&](const std::weak_ptr<feed>& each) {
        auto living = each.lock();
        if (living == nullptr) {
            return true;
        }
        found.push_back(std::move(living));
        return false;
    });
    meters_->clients.set(static_cast<std::int64_t>(found.size()));
    return found;
}

void hub::publish() {
    feeds touched;
    {
        const std::lock_guard lock(mutex_);
        touched = living();
        const auto now = clock::now();
        for (const entity_ptr& change : changes_) {
            for (const auto& each : touched) {
                if (each->filter().passes(change->kind, change->key)) {
                    each->push(change, now);
                }
            }
        }
        changes_.clear();
        // After the changes: their snapshots hold them already.
        static_cast<void>(begin_waiting());
        meters_->entities.set(static_cast<std::int64_t>(table_.size()));
        has_ended_ = std::ranges::any_of(touched, [](const auto& each) { return each->ended_at().has_value(); });
    }
    changed_.notify_all();
    wake(touched);
}

bool hub::is_settled(const common::entities::entity_filter& filter) const {
    if (clock::now() >= settled_at_) {
        return true;
    }
    for (std::size_t kind = 1; kind < common::entities::entity_kind_count; ++kind) {
        const auto each = static_cast<common::entities::entity_kind>(kind);
        if ((filter.kinds.empty() || filter.kinds.contains(each)) && !table_.is_synced(each)) {
            return false;
        }
    }
    return true;
}

hub::feeds hub::begin_waiting() {
    feeds begun;
    std::erase_if(waiting_, [&](const std::weak_ptr<feed>& each) {
        auto living = each.lock();
        if (living != nullptr && !is_settled(living->filter())) {
            return false;
        }
        if (living != nullptr) {
            living->begin(table_.matching(living->filter()), table_.revision());
            begun.push_back(std::move(living));
        }
        return true;
    });
    return begun;
}

result<std::shared_ptr<feed>> hub::open(common::entities::entity_filter filter, const common::grpc::call_handle& call) {
    const std::lock_guard lock(mutex_);
    if (living().size() >= limits_.clients) {
        return fail(errc::exhausted, "there are as many clients as there may be");
    }
    auto made = std::make_shared<feed>(std::move(filter), call, limits_.client_bytes, *meters_);
    feeds_.push_back(made);
    meters_->clients.set(static_cast<std::int64_t>(feeds_.size()));
    if (changes_.empty() && is_settled(made->filter())) {
        made->begin(table_.matching(made->filter()), table_.revision());
    } else {
        waiting_.push_back(made);
        changed_.notify_all();
    }
    return made;
}

// Begins feeds when the sources have had their time, and cuts off those that have ended and do not take it.
void hub::watch(const std::stop_token& until) {
    constexpr auto look_pause = std::chrono::milliseconds(250);
    std::unique_lock lock(mutex_);
    while (!until.stop_requested()) {
        changed_.wait(lock, until, [this] { return !waiting_.empty() || has_ended_; });
        // Changes that are not published yet come first; publish() begins the feeds then.
        feeds begun = changes_.empty() ? begin_waiting() : feeds();
        feeds late;
        const auto now = clock::now();
        for (const auto& each : living()) {
            const auto ended = each->ended_at();
            if (ended && now - *ended >= limits_.grace) {
                late.push_back(each);
            }
        }
        lock.unlock();
        wake(begun);
        for (const auto& each : late) {
            each->call().cancel();
        }
        begun.clear();
        late.clear();
        lock.lock();
        has_ended_ = std::ranges::any_of(living(), [](const auto& each) { return each->ended_at().has_value(); });
        if (has_ended_ || !waiting_.empty()) {
            changed_.wait_for(lock, until, look_pause, [] { return false; });
        }
    }
}

}  // namespace sonde::serve_entities
