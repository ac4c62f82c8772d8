// SPDX-License-Identifier: Apache-2.0
// A proc root made of plain files in a temporary directory, and protobuf's own reading of what the collector publishes.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <cstdlib>
#include <gtest/gtest.h>

#include <sonde/testing/record.hpp>

#include "sonde/v1/process.pb.h"

namespace sonde::process {

struct fake_process {
    std::uint32_t pid = 0;
    std::string name = "worker";
    std::uint32_t parent = 1;
    char state = 'S';
    std::uint64_t start = 1000;
    std::uint64_t user_ticks = 0;
    std::uint64_t system_ticks = 0;
    std::uint32_t threads = 1;
    std::uint64_t rss_pages = 100;
    std::vector<std::string> arguments = {"worker"};
    std::string executable = "/usr/bin/worker";
    std::string cgroup = "0::/system.slice/worker.service\n";
    int files = 3;
};

class fake_proc {
public:
    static constexpr std::int64_t boot_seconds = 1'600'000'000;

    fake_proc() {
        std::string pattern = (std::filesystem::temp_directory_path() / "sonde_proc_XXXXXX").string();
        root_ = ::mkdtemp(pattern.data());
        write(root_ / "stat", "cpu 1 2 3\nbtime " + std::to_string(boot_seconds) + "\nprocesses 4\n");
        write(root_ / "uptime", "1 1\n");
    }
    fake_proc(const fake_proc&) = delete;
    fake_proc& operator=(const fake_proc&) = delete;
    ~fake_proc() { std::filesystem::remove_all(root_); }

    [[nodiscard]] std::string path() const { return root_.string(); }

    void put(const fake_process& process) {
        const auto directory = root_ / std::to_string(process.pid);
        std::filesystem::remove_all(directory);
        std::filesystem::create_directories(directory / "fd");
        const auto number = [](std::uint64_t value) { return " " + std::to_string(value); };
        write(directory / "stat",
              std::to_string(process.pid) + " (" + process.name + ") " + process.state + number(process.parent) +
                  number(process.pid) + number(process.pid) + " 0 -1 4194560 1 2 3 4" + number(process.user_ticks) +
                  number(process.system_ticks) + " 5 6 20 0" + number(process.threads) + " 0" + number(process.start) +
                  " 8192000" + number(process.rss_pages) + " 18446744073709551615 1 1 0 0 0\n");
        write(directory / "status", "Name:\tx\nUid:\t1000\t1001\t1000\t1000\nGid:\t100\t101\t100\t100\nThreads:\t1\n");
        std::string joined;
        for (const std::string& argument : process.arguments) {
            joined.append(argument).push_back('\0');
        }
        write(directory / "cmdline", joined);
        write(directory / "cgroup", process.cgroup);
        if (!process.executable.empty()) {
            std::filesystem::create_symlink(process.executable, directory / "exe");
        }
        for (int i = 0; i < process.files; ++i) {
            write(directory / "fd" / std::to_string(i), "");
        }
    }
    void remove(std::uint32_t pid) { std::filesystem::remove_all(root_ / std::to_string(pid)); }
    void break_file(std::uint32_t pid, const char* file, const std::string& text) {
        write(root_ / std::to_string(pid) / file, text);
    }

private:
    static void write(const std::filesystem::path& path, const std::string& text) {
        std::ofstream(path, std::ios::binary) << text;
    }

    std::filesystem::path root_;
};

// Protobuf's reading of a payload: it shares no code with the writer.
inline v1::ProcessEvent payload_of(const testing::envelope_record& record) {
    v1::ProcessEvent event;
    EXPECT_EQ(record.content_type, "sonde.v1.ProcessEvent");
    EXPECT_TRUE(event.ParseFromArray(record.data.data(), static_cast<int>(record.data.size())));
    return event;
}

inline std::vector<v1::ProcessEvent> payloads_of(const std::vector<testing::envelope_record>& records) {
    std::vector<v1::ProcessEvent> events;
    for (const auto& record : records) {
        events.push_back(payload_of(record));
    }
    return events;
}

}  // namespace sonde::process
