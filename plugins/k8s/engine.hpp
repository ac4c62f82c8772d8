// SPDX-License-Identifier: Apache-2.0
// All watches of one collector: finds out what the server has, begins one kind after the other, turns their changes
// into envelopes with owners and trace ids, answers snapshots, and says how it is going. Used by the data thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include <sonde/host.hpp>

#include "common/http/fetch.hpp"
#include "common/http/token_file.hpp"
#include "k8s/access.hpp"
#include "k8s/event_counters.hpp"
#include "k8s/options.hpp"
#include "k8s/owner_index.hpp"
#include "k8s/publisher.hpp"
#include "k8s/reflector.hpp"

namespace sonde::k8s {

class engine {
public:
    // One kind, in one namespace or in all.
    struct watched {
        std::unique_ptr<tracker> objects;
        std::unique_ptr<reflector> mirror;
    };

    engine(const host& on, const option_values& values, const api_access& server, meters& meter, publisher& out,
           http::carrier& carrier, std::uint32_t seed);
    engine(const engine&) = delete;
    engine& operator=(const engine&) = delete;

    // Does what is due; to be called after every answer and when wait() is over.
    void turn();
    // Negative: only answers bring news.
    [[nodiscard]] std::chrono::nanoseconds wait() const;
    // Everything that is remembered is told again, one kind per turn.
    void request_snapshot();

    [[nodiscard]] const std::vector<watched>& watches() const noexcept { return watches_; }
    [[nodiscard]] const std::string& cluster_uid() const noexcept { return owners_.cluster(); }
    // What keeps the whole collector from working; none while it works.
    [[nodiscard]] const std::optional<problem>& trouble() const noexcept { return trouble_; }
    [[nodiscard]] bool is_synced() const noexcept;
    // Changes that found the lane full for too long.
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

private:
    enum class step : std::uint8_t { discovery, cluster, watching };
    // An object that is told again as soon as its controller is known.
    struct waiting {
        std::size_t watch;
        std::string key;
    };

    // engine_watches.cpp
    void add_watches(const std::set<std::string, std::less<>>& served);
    void add_watch(kind_id kind, const std::string& in_namespace, std::vector<std::string> versions);
    [[nodiscard]] reflector_settings settings_for(kind_id kind, const std::string& in_namespace,
                                                  std::vector<std::string> versions) const;
    [[nodiscard]] reflector_links links();

    // engine.cpp
    [[nodiscard]] result<http::request> make_request(std::string_view target);
    void ask(const char* path, void (engine::*then)(common::http::answer&));
    void take_groups(common::http::answer& answer);
    void take_cluster(common::http::answer& answer);
    void begin_next();
    void snapshot_step();
    void keep_gauges();
    [[nodiscard]] bool is_watched(std::string_view kind) const;

    // engine_changes.cpp
    void tell(std::size_t watch, const change& what);
    void note_created(const object_facts& object);
    void note_waiting(std::size_t watch, const change& what, const uid_key& controller);
    void amend();

    host host_;
    const option_values* values_;
    const api_access* server_;
    meters* meter_;
    publisher* out_;
    http::carrier* carrier_;
    random_source random_;
    collecting::rate_limiter limiter_;
    document_reader reader_;
    common::http::token_file token_;
    owner_index owners_;
    event_counters events_;

    step step_ = step::discovery;
    std::chrono::nanoseconds due_{};
    collecting::backoff backoff_;
    std::optional<problem> trouble_;
    std::vector<watched> watches_;  // their callbacks hold indexes
    std::size_t begun_ = 0;

    std::unordered_map<uid_key, std::vector<waiting>, uid_hash> waiting_;
    std::size_t waiting_count_ = 0;
    std::vector<waiting> to_amend_;
    // Controllers that have created something since they were told, and when they are told again.
    std::set<std::pair<std::size_t, std::string>> creators_;
    std::chrono::nanoseconds creators_due_ = std::chrono::nanoseconds::max();
    std::size_t snapshot_at_ = SIZE_MAX;                    // next to tell; beyond the end: none wanted
    std::optional<std::chrono::nanoseconds> snapshot_due_;  // after a loss
    std::uint64_t lost_ = 0;
    std::chrono::nanoseconds gauges_due_{};
    common::http::fetch fetch_;  // last: its answers use the rest
};

}  // namespace sonde::k8s
