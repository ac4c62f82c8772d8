// SPDX-License-Identifier: Apache-2.0
// Programs that a test runs in a directory of its own, which goes with them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace sonde::ebpf::test {

// Where a program is; empty: it is not installed.
[[nodiscard]] std::string find_program(const std::vector<std::string>& places);

// A port that was free a moment ago.
[[nodiscard]] std::uint16_t free_port();

class scratch_directory final {
public:
    scratch_directory();
    ~scratch_directory();
    scratch_directory(const scratch_directory&) = delete;
    scratch_directory& operator=(const scratch_directory&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

// Runs until it ends by itself or the object goes, which kills it by its pid.
class running final {
public:
    // Its output goes into `log`.
    running(const std::vector<std::string>& command, const std::filesystem::path& log);
    ~running();
    running(const running&) = delete;
    running& operator=(const running&) = delete;
    // Waits for its end: the exit status, -1 if it was killed.
    [[nodiscard]] int status();

private:
    pid_t pid_;
};

// Whether something listens there within a while.
[[nodiscard]] bool is_listening(std::uint16_t port);

}  // namespace sonde::ebpf::test
