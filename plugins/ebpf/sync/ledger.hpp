// SPDX-License-Identifier: Apache-2.0
// The sums of the kernel side from one round to the next: since when each counts, by a clock that does not move, and
// which are over because their process is gone. Used by the data thread.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <sonde_bpf/sync.h>

namespace sonde::ebpf::sync {

// What one process did with one call.
struct row {
    sonde_sync_key key{};
    sonde_sync_value value{};
    std::chrono::nanoseconds start{};  // Unix time since when it counts
    bool is_over = false;              // nothing more will come
};

[[nodiscard]] std::uint64_t calls_of(const sonde_sync_value& sums) noexcept;

class ledger final {
public:
    explicit ledger(std::string proc_root) : proc_root_(std::move(proc_root)) {}

    // All sums there are, perhaps some of them twice: puts them in order of process and call, each once, and fills in
    // `start`, by `wall` when they are new, and `is_over`. What is over is forgotten here.
    template <class Wall>
    void take(std::vector<row>& rows, Wall&& wall) {
        begin(rows);
        for (row& each : rows) {
            settle(each, wall);
        }
        known_.swap(round_);
    }

private:
    struct identity {
        std::uint32_t pid;
        std::uint64_t process_start;
        std::uint32_t call;
        auto operator<=>(const identity&) const = default;
    };
    struct known {
        std::chrono::nanoseconds start;
        std::uint64_t calls;
    };

    static identity identity_of(const sonde_sync_key& key) { return {key.pid, key.process_start, key.call}; }
    void begin(std::vector<row>& rows);
    template <class Wall>
    void settle(row& of, Wall&& wall) {
        const auto id = identity_of(of.key);
        const auto calls = calls_of(of.value);
        const auto before = known_.find(id);
        of.start = before != known_.end() ? before->second.start : wall(std::chrono::nanoseconds(of.value.since));
        // A process that cannot be seen from here but goes on is not over.
        of.is_over = before != known_.end() && before->second.calls == calls && !is_running(of.key);
        if (!of.is_over) {
            round_.emplace(id, known{of.start, calls});
        }
    }
    [[nodiscard]] bool is_running(const sonde_sync_key& process) const;

    std::string proc_root_;
    std::map<identity, known> known_;
    std::map<identity, known> round_;  // the one under way
};

}  // namespace sonde::ebpf::sync
