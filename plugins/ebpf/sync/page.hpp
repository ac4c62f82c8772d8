// SPDX-License-Identifier: Apache-2.0
// The sums of all processes, as they were last read, for the endpoint. The data thread writes; any thread reads.
#pragma once

#include <mutex>
#include <span>
#include <string>
#include <utility>

#include "ebpf/sync/ledger.hpp"

namespace sonde::ebpf::sync {

// [{"pid": 1, "name": "etcd", "operations": {"fdatasync": {"calls": 9, "errors": 0, "bytes": 0, "seconds": 0.1,
// "median_at_most": 0.001024, "p99_at_most": 0.065536, "slowest_at_most": 0.065536}}}]; null where all that is known is
// that it took longer than any bound. `rows` are in the order of the ledger.
[[nodiscard]] std::string to_json(std::span<const row> rows);

class page final {
public:
    void set(std::string json) {
        const std::lock_guard lock(mutex_);
        json_ = std::move(json);
    }
    [[nodiscard]] std::string json() const {
        const std::lock_guard lock(mutex_);
        return json_;
    }

private:
    mutable std::mutex mutex_;
    std::string json_ = "[]";
};

}  // namespace sonde::ebpf::sync
