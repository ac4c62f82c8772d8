// SPDX-License-Identifier: Apache-2.0
// Processes as the ebpf collector tells them on the bus. It is followed from its first whole snapshot until it ends or
// falls silent; while it is, the table of processes comes from it alone. Used by the data thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <sonde/batch.hpp>
#include <sonde/host.hpp>

#include "process/process_store.hpp"
#include "process/sampler.hpp"
#include "process/told_event.hpp"

namespace sonde::process {

inline constexpr const char* ebpf_topic = "raw/ebpf/process/";

class ebpf_source {
public:
    static constexpr int patience = 3;  // intervals without a whole snapshot
    // Between the end of one publisher and the first snapshot of the next, as when it is restarted.
    static constexpr std::chrono::nanoseconds grace = std::chrono::seconds(3);

    // Why it is not followed.
    enum class absence : std::uint8_t { never_seen, ended, silent, partial, without_interval };

    ebpf_source(const host& on, const meters& counted, process_store& store)
        : host_(on), meters_(&counted), store_(&store), sampler_(store) {}

    void set_policy(sample_policy policy) noexcept { sampler_.set_policy(policy); }
    void limit_arguments(std::size_t bytes) noexcept { arguments_limit_ = bytes; }

    [[nodiscard]] result<void> consume(const batch_view& batch);
    // Gives it up once it has been silent for too long.
    void check(std::chrono::nanoseconds now);
    // When to check.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> deadline() const noexcept {
        return is_live_ ? deadline_ : std::nullopt;
    }
    [[nodiscard]] bool is_live() const noexcept { return is_live_; }
    [[nodiscard]] absence why_not() const noexcept { return absence_; }
    // All that is known, for somebody who subscribed to samples.
    void tell_all() { sampler_.tell_all(); }

private:
    // A publisher whose snapshot is being gathered.
    struct candidate {
        std::uint32_t lane = 0;
        std::uint64_t snapshot = 0;
        std::uint32_t count = 0;
        std::vector<told_event> held;
    };
    static constexpr std::size_t most_candidates = 4;

    [[nodiscard]] candidate& candidate_of(std::uint32_t lane);
    void gather(candidate& from, std::uint32_t lane);
    void adopt(const candidate& whole);
    void apply();
    void count_sample();
    void keep_sample(const told_event& told);
    void on_snapshot_end();
    void on_fork();
    void on_exec();
    void on_exit();
    void sweep();
    [[nodiscard]] process_facts& draft_of(const told_event& told);

    host host_;
    const meters* meters_;
    process_store* store_;
    sampler sampler_;
    std::size_t arguments_limit_ = 0;
    told_event told_;
    std::vector<candidate> candidates_;

    bool is_live_ = false;
    bool has_ended_ = false;
    std::uint32_t lane_ = 0;
    std::uint64_t snapshot_ = 0;  // the one that is being told
    std::uint32_t count_ = 0;     // samples of it so far
    std::optional<std::chrono::nanoseconds> deadline_;
    absence absence_ = absence::never_seen;
    std::vector<std::uint32_t> pids_;
};

}  // namespace sonde::process
