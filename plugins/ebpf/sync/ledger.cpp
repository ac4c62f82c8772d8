// SPDX-License-Identifier: Apache-2.0
#include "ebpf/sync/ledger.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include <fcntl.h>
#include <unistd.h>

#include "bpf/support/descriptor.hpp"
#include "process/stat_parser.hpp"

namespace sonde::ebpf::sync {

std::uint64_t calls_of(const sonde_sync_value& sums) noexcept {
    return std::accumulate(std::begin(sums.buckets), std::end(sums.buckets), std::uint64_t{0});
}

void ledger::begin(std::vector<row>& rows) {
    const auto id = [](const row& of) { return identity_of(of.key); };
    std::ranges::sort(rows, {}, id);
    const auto repeated = std::ranges::unique(rows, {}, id);
    rows.erase(repeated.begin(), repeated.end());
    round_.clear();
}

// By its start, since the pid may be another process's by now.
bool ledger::is_running(const sonde_sync_key& process) const {
    const std::string path = proc_root_ + "/" + std::to_string(process.pid) + "/stat";
    const bpf::descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 1024> text{};
    const ssize_t size = file ? ::read(file.number(), text.data(), text.size()) : -1;
    if (size <= 0) {
        return false;
    }
    const auto line = sonde::process::parse_stat({text.data(), static_cast<std::size_t>(size)});
    const auto tick = std::uint64_t{1'000'000'000} / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    return line && line->start_ticks == process.process_start / tick;
}

}  // namespace sonde::ebpf::sync
