// SPDX-License-Identifier: Apache-2.0
// Who reads a lane: subscriptions come and go at exact places in every stream.
#include <algorithm>

#include <fmt/format.h>

#include "bus/lane.hpp"
#include "bus/subscription.hpp"
#include "bus/zmq_socket.hpp"

namespace sonde::bus {

result<void> lane::attach(const std::shared_ptr<subscription_core>& reader, bool announce) {
    if (reader->settings().except == identity_.instance) {
        return {};
    }
    bool matched = false;
    {
        const std::lock_guard lock(mutex_);
        if (auto connected = reader->connect(endpoint(id_)); !connected) {
            return fail(std::move(connected.error()), fmt::format("attaching '{}'", reader->settings().name));
        }
        // Nothing can be sent while we hold the mutex, so the reader joins exactly at the next batch.
        settle();
        readers_.push_back(reader);
        if (!reader->settings().lossless) {
            least_mark_ = least_mark_ == 0 ? reader->settings().mark : std::min(least_mark_, reader->settings().mark);
        }
        for (const auto& each : owned_) {
            if (reader->matches(each->topic)) {
                matched = true;
                each->subscribers.fetch_add(1);
                reader->join(id_, identity_.instance, each, each->sealed_items.load());
            }
        }
    }
    if (matched && announce && on_subscriber_) {
        on_subscriber_();
    }
    return {};
}

void lane::detach(const subscription_core& reader) noexcept {
    if (reader.settings().except == identity_.instance) {
        return;
    }
    const std::lock_guard lock(mutex_);
    std::erase_if(readers_, [&](const auto& known) {
        const auto live = known.lock();
        return !live || live.get() == &reader;
    });
    for (const auto& each : owned_) {
        if (reader.matches(each->topic)) {
            each->subscribers.fetch_sub(1);
        }
    }
}

void lane::announce(const subscription_core& reader) const {
    if (reader.settings().except == identity_.instance) {
        return;
    }
    bool matched = false;
    {
        const std::lock_guard lock(mutex_);
        matched = std::ranges::any_of(owned_, [&](const auto& each) { return reader.matches(each->topic); });
    }
    if (matched && on_subscriber_) {
        on_subscriber_();
    }
}

}  // namespace sonde::bus
