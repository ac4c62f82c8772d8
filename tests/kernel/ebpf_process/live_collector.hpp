// SPDX-License-Identifier: Apache-2.0
// The whole ebpf collector against the running kernel: a fixture that launches it, and processes that a test owns.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sonde/testing/driver.hpp>

#include "bpf/support/capability_report.hpp"
#include "ebpf/collector.hpp"
#include "sonde/v1/process.pb.h"

namespace sonde::ebpf {

using namespace std::chrono_literals;
using kind = v1::ProcessEvent;
inline constexpr auto patience = 10s;
inline const sonde_component& collector_table = component_table<collector>::table;

// Connections are tested beside this.
inline const testing::option_texts processes_only{{"tcp", "false"}, {"udp", "false"}, {"dns", "false"}};

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

inline kind payload_of(const testing::envelope_record& record) {
    kind event;
    EXPECT_TRUE(event.ParseFromArray(record.data.data(), static_cast<int>(record.data.size())));
    return event;
}

inline auto about(std::uint32_t pid, kind::Kind what) {
    return
        [=](const testing::envelope_record& record) { return record.pid == pid && payload_of(record).kind() == what; };
}

class EbpfTest : public ::testing::Test {
protected:
    EbpfTest() { host.clock.follow_real_time(); }
    void SetUp() override {
        const auto machine = bpf::look_around({});
        if (!machine.missing_capabilities.empty() || machine.btf.empty() || !machine.has_ring_buffer) {
            GTEST_SKIP() << "kernel programs cannot be loaded here: needs root, BTF and the BPF ring buffer";
        }
    }
    void TearDown() override { EXPECT_THAT(host.lane.misuse(), ::testing::IsEmpty()); }

    void launch(testing::option_texts texts = {}) {
        texts.insert(texts.end(), processes_only.begin(), processes_only.end());
        const auto launched = driver.launch(texts);
        ASSERT_TRUE(launched) << launched.error().message();
        ASSERT_TRUE(host.reports.wait_for([](const auto&) { return true; }, patience));
    }
    std::optional<testing::envelope_record> wait_event(std::uint32_t pid, kind::Kind what) {
        return host.lane.wait_for(process::process_topic, about(pid, what), patience);
    }

    testing::fake_host host;
    testing::collector_driver driver{host, collector_table};
};

}  // namespace sonde::ebpf
