// SPDX-License-Identifier: Apache-2.0
// The whole collector against the running kernel: a fixture that launches it, and processes that a test owns.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <optional>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sonde/testing/driver.hpp>

#include "fake_proc.hpp"
#include "process/collector.hpp"

namespace sonde::process {

using namespace std::chrono_literals;
using kind = v1::ProcessEvent;
inline constexpr auto patience = 10s;

inline const sonde_component& collector_table = component_table<collector>::table;

// A process that the test owns: killed and waited for by its pid.
class child {
public:
    template <std::invocable Body>
    explicit child(Body body) : pid_(::fork()) {
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            body();
            ::_exit(99);
        }
    }
    child(const child&) = delete;
    child& operator=(const child&) = delete;
    ~child() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            static_cast<void>(wait());
        }
    }
    [[nodiscard]] std::uint32_t pid() const { return static_cast<std::uint32_t>(pid_); }
    int wait() {
        int status = 0;
        ::waitpid(std::exchange(pid_, -1), &status, 0);
        return status;
    }

private:
    pid_t pid_;
};

// Allocates nothing: after a fork only the kernel can be trusted.
inline void become_sleep() { ::execl("/bin/sleep", "/bin/sleep", "60", nullptr); }

inline std::int64_t wall_now() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

inline std::size_t open_descriptors() {
    const auto files = std::filesystem::directory_iterator("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

// Waits until the first status has been reported, and says whether the kernel tells events here.
inline bool has_connector(testing::fake_host& host) {
    EXPECT_TRUE(host.reports.wait_for([](const auto&) { return true; }, patience));
    for (const auto& report : host.reports.all()) {
        if (report.reason.starts_with("proc_connector")) {
            return false;
        }
    }
    return true;
}

inline auto about(std::uint32_t pid, kind::Kind what) {
    return
        [=](const testing::envelope_record& record) { return record.pid == pid && payload_of(record).kind() == what; };
}

class CollectorTest : public ::testing::Test {
protected:
    CollectorTest() { host.clock.follow_real_time(); }
    void TearDown() override { EXPECT_THAT(host.lane.misuse(), ::testing::IsEmpty()); }

    void launch(const testing::option_texts& texts = {}) {
        ASSERT_TRUE(driver.launch(texts));
        // It listens by now, and its first scan has come to this process.
        ASSERT_TRUE(host.lane.wait_for(sample_topic, about(static_cast<std::uint32_t>(::getpid()), kind::KIND_SAMPLE),
                                       patience));
    }
    std::optional<testing::envelope_record> wait_event(std::uint32_t pid, kind::Kind what) {
        return host.lane.wait_for(event_topic, about(pid, what), patience);
    }
    std::optional<testing::envelope_record> wait_sample(std::uint32_t pid) {
        return host.lane.wait_for(sample_topic, about(pid, kind::KIND_SAMPLE), patience);
    }
    // The end of a snapshot.
    std::optional<testing::envelope_record> wait_mark() {
        const auto is_mark = [](const auto& record) { return payload_of(record).kind() == kind::KIND_SNAPSHOT_END; };
        return host.lane.wait_for(sample_topic, is_mark, patience);
    }

    testing::fake_host host;
    testing::collector_driver driver{host, collector_table};
};

#define SONDE_SKIP_WITHOUT_CONNECTOR()                                                                                 \
    if (!has_connector(host)) {                                                                                        \
        GTEST_SKIP() << "the proc connector cannot be used here: " << host.reports.all().back().text;                  \
    }

}  // namespace sonde::process
