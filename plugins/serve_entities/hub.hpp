// SPDX-License-Identifier: Apache-2.0
// Between the sources and the clients: one thread brings events, the library's threads bring calls. A client that
// stands still costs the others nothing: it has a queue of its own, and is cut off some time after it overflowed.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "serve_entities/table.hpp"

namespace sonde::serve_entities {

struct hub_limits {
    std::size_t entities = 500'000;
    std::size_t clients = 16;
    std::size_t client_bytes = 8U << 20;
    std::chrono::nanoseconds settle{};
    // How long one that overflowed may take to learn it by itself.
    std::chrono::nanoseconds grace = std::chrono::seconds(10);
};

class hub {
public:
    hub(const hub_limits& limits, const meters& counted);
    hub(const hub&) = delete;
    hub& operator=(const hub&) = delete;
    // All feeds must be gone by now.
    ~hub();

    // By the thread that brings events. publish() makes what take() has changed known to clients.
    [[nodiscard]] table::source_id source(const std::string& name);
    void note_gap(table::source_id of);
    void note_restart(table::source_id of);
    void take(common::entities::entity_event event, table::source_id from);
    void publish();
    [[nodiscard]] bool is_full();

    // From any thread; fails with errc::exhausted if there are too many.
    [[nodiscard]] result<std::shared_ptr<feed>> open(common::entities::entity_filter filter,
                                                     const common::grpc::call_handle& call);

private:
    using feeds = std::vector<std::shared_ptr<feed>>;

    [[nodiscard]] feeds living();
    [[nodiscard]] bool is_settled(const common::entities::entity_filter& filter) const;
    [[nodiscard]] feeds begin_waiting();
    void watch(const std::stop_token& until);

    const hub_limits limits_;
    const meters* meters_;
    const feed::time_point settled_at_;

    std::mutex mutex_;  // taken before that of a feed, never while a call is woken
    std::condition_variable_any changed_;
    table table_;
    std::vector<entity_ptr> changes_;
    std::vector<std::weak_ptr<feed>> feeds_;
    std::vector<std::weak_ptr<feed>> waiting_;  // of them: without a snapshot yet
    bool has_ended_ = false;                    // some feed has overflowed
    std::jthread watcher_;
};

}  // namespace sonde::serve_entities
