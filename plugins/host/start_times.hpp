// SPDX-License-Identifier: Apache-2.0
// Since when the counters of a device count: since boot if it was there at the first scan, else since the scan before
// the one that saw it first; and anew when they fall, since then the device has been replaced or reset.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace sonde::host_metrics {

class start_times {
public:
    // Of a scan at the time `now`; `boot` is the start of what was there before everything. Unix ns.
    void begin(std::uint64_t now, std::uint64_t boot) noexcept {
        begin_of_news_ = last_scan_ == 0 ? boot : last_scan_;
        last_scan_ = now;
        ++scan_;
    }
    // `sum` stands for all counters of the device.
    [[nodiscard]] std::uint64_t of(std::string_view device, std::uint64_t sum) {
        auto found = devices_.find(device);
        if (found == devices_.end()) {
            found = devices_.emplace(std::string(device), entry{begin_of_news_, sum, scan_}).first;
        } else if (sum < found->second.sum) {
            found->second.start = begin_of_news_;
        }
        found->second.sum = sum;
        found->second.scan = scan_;
        return found->second.start;
    }
    // Forgets devices that were not there in this scan.
    void end() {
        std::erase_if(devices_, [this](const auto& each) { return each.second.scan != scan_; });
    }

private:
    struct entry {
        std::uint64_t start;
        std::uint64_t sum;
        std::uint64_t scan;
    };
    std::map<std::string, entry, std::less<>> devices_;
    std::uint64_t begin_of_news_ = 0;
    std::uint64_t last_scan_ = 0;
    std::uint64_t scan_ = 0;
};

}  // namespace sonde::host_metrics
