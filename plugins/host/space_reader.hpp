// SPDX-License-Identifier: Apache-2.0
// Asks file systems how full they are, with a limit to the wait: a thread asks, and the caller waits for it. A file
// system that does not answer in time is not asked again until it has; its thread stays behind, since nothing ends a
// call into a server that is gone. At most `most_stuck` threads stay behind, beyond that nothing is asked.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <sonde/result.hpp>

namespace sonde::host_metrics {

struct space {
    std::uint64_t total = 0;  // bytes
    std::uint64_t free = 0;   // with what is reserved for root
    std::uint64_t available = 0;
    std::uint64_t inodes = 0;  // zero: the file system does not count them
    std::uint64_t inodes_free = 0;
};

// statvfs(3) of a mount point; tests have another.
using ask_space = std::function<result<space>(const std::string& path)>;
[[nodiscard]] result<space> ask_kernel(const std::string& path);

class space_reader {
public:
    static constexpr std::size_t most_stuck = 8;

    explicit space_reader(ask_space ask = &ask_kernel);
    space_reader(const space_reader&) = delete;
    space_reader& operator=(const space_reader&) = delete;
    ~space_reader();

    // errc::timeout for one that does not answer.
    [[nodiscard]] result<space> read(const std::string& path, std::chrono::nanoseconds limit);
    // File systems that are still being asked.
    [[nodiscard]] std::size_t stuck();

private:
    struct worker;
    [[nodiscard]] result<void> make_worker();

    ask_space ask_;
    std::shared_ptr<worker> worker_;              // idle between two calls of read
    std::vector<std::shared_ptr<worker>> stuck_;  // each with its path
};

}  // namespace sonde::host_metrics
