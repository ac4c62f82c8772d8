// SPDX-License-Identifier: Apache-2.0
// All sources of one collector around one table: gives each its turn, publishes what changes, tells sources of each
// other's news, answers snapshots, and says which sources answer. Used by the data thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <poll.h>

#include <sonde/host.hpp>

#include "container/cgroup_source.hpp"
#include "container/containerd_source.hpp"
#include "container/cri_source.hpp"
#include "container/docker_source.hpp"
#include "container/exit_watch.hpp"
#include "container/options.hpp"
#include "container/publisher.hpp"
#include "container/state_source.hpp"
#include "container/table.hpp"

namespace sonde::container {

class engine final : private sink {
public:
    engine(const host& on, const option_values& values, const meters& counted, publisher& out, std::uint32_t seed);
    engine(const engine&) = delete;
    engine& operator=(const engine&) = delete;

    // The first look: control groups and state files have been told when it returns.
    [[nodiscard]] result<void> start();
    // What to wait for, and how long; negative: no limit.
    [[nodiscard]] std::vector<pollfd> descriptors() const;
    [[nodiscard]] std::chrono::nanoseconds wait() const;
    // Does what is due.
    void turn();
    void request_snapshot() { wants_snapshot_ = true; }

    [[nodiscard]] std::vector<source_status> status() const;
    [[nodiscard]] const table& containers() const noexcept { return table_; }

private:
    // A container that was made and is looked at again until somebody is in it.
    struct expectation {
        std::size_t attempts = 0;
        std::chrono::nanoseconds due{};
    };
    struct ended {
        std::string id;
        std::uint32_t pid = 0;
        std::optional<std::int32_t> exit_code;
    };

    void tell(origin by, container_facts facts) override { table_.tell(by, std::move(facts)); }
    void forget(origin by, std::string_view id) override { table_.forget(by, id); }
    void end(origin by, std::string_view id, std::int64_t time, std::optional<std::int32_t> exit_code) override;
    void begin_listing(origin by) override { table_.begin_listing(by); }
    void end_listing(origin by) override { table_.end_listing(by); }
    void lose(origin by) override { table_.forget_ended(by); }
    [[nodiscard]] std::int64_t now() const override { return host_.wall().count(); }

    void on_change(schema::action what, const container_row& row);
    void watch_process(const container_row& row);
    void take_exits();
    void look_at_expected();
    void spread_hints();
    void settle_snapshot();
    void count();
    [[nodiscard]] bool is_settled() const;

    host host_;
    const meters* meters_;
    publisher* out_;
    proc_reader processes_;
    table table_;
    std::optional<exit_watch> exits_;
    std::unique_ptr<cgroup_source> cgroups_;
    std::unique_ptr<state_source> files_;
    std::vector<std::unique_ptr<cri_source>> cri_;
    std::vector<std::unique_ptr<containerd_source>> containerd_;
    std::vector<std::unique_ptr<docker_source>> docker_;

    std::map<std::string, expectation, std::less<>> expected_;
    std::vector<ended> ended_;  // found dead while being told; handled when the table is at rest
    std::int64_t begun_ = 0;    // Unix ns: what started before is no news
    bool has_news_ = false;     // of control groups or files, for the runtimes
    bool wants_snapshot_ = false;
    bool is_synced_ = false;
    std::array<std::uint64_t, source_count + 1> failures_{};
    std::array<std::uint64_t, source_count + 1> requests_{};
    std::array<std::uint64_t, source_count + 1> malformed_{};
    std::array<std::uint64_t, source_count + 1> left_out_{};
    std::array<std::uint64_t, source_count + 1> overflows_{};
    std::uint64_t table_full_ = 0;
};

}  // namespace sonde::container
