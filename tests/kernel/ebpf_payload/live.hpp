// SPDX-License-Identifier: Apache-2.0
// The ebpf collector on the running kernel, without processes, and what it told of one server.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonde/testing/driver.hpp>

#include "bpf/support/capability_report.hpp"
#include "ebpf/collector.hpp"
#include "sonde/v1/connection.pb.h"
#include "sonde/v1/http.pb.h"

namespace sonde::ebpf::test {

using namespace std::chrono_literals;
inline constexpr auto patience = 20s;

// Sums over all events of one method and route.
struct told_route {
    std::uint64_t requests = 0;
    std::uint64_t client_errors = 0;
    std::uint64_t server_errors = 0;
    std::uint64_t duration_sum = 0;
    std::map<std::uint32_t, std::uint64_t> statuses;
    v1::ConnectionRole role = v1::CONNECTION_ROLE_UNSPECIFIED;
    std::optional<v1::HttpExemplar> traced;  // of the newest event that has one
};

class Live : public ::testing::Test {
protected:
    Live() { host.clock.follow_real_time(); }
    void TearDown() override { EXPECT_THAT(host.lane.misuse(), ::testing::IsEmpty()); }

    void SetUp() override {
        const auto machine = bpf::look_around({});
        if (!machine.missing_capabilities.empty() || machine.btf.empty() || !machine.has_ring_buffer ||
            machine.cgroup_root.empty()) {
            GTEST_SKIP() << "payload cannot be captured here: needs root, BTF, the BPF ring buffer and cgroup v2";
        }
    }
    void launch(testing::option_texts texts) {
        texts.insert(texts.end(), {{"processes", "false"}, {"oom_kills", "false"}, {"connection_interval", "1s"}});
        const auto launched = driver.launch(texts);
        ASSERT_TRUE(launched) << launched.error().message();
        ASSERT_TRUE(host.reports.wait_for([](const auto&) { return true; }, patience));
        const auto features = driver.ask("features");
        ASSERT_TRUE(features);
        ASSERT_EQ(features->find(R"(","attached_as":"none")"), std::string::npos) << *features;
        // The first walk over the connections that are there is none of the test's.
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (host.metrics.value("ebpf.walk.duration") == 0 && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::sleep_for(10ms);
        }
    }
    // By method and route.
    [[nodiscard]] std::map<std::string, told_route> routes_of(std::uint16_t port) const {
        std::map<std::string, told_route> all;
        for (const auto& record : host.lane.envelopes(payload::http_topic)) {
            v1::HttpEvent event;
            EXPECT_TRUE(event.ParseFromArray(record.data.data(), static_cast<int>(record.data.size())));
            if (event.server_port() != port) {
                continue;
            }
            told_route& sums = all[event.request_method() + " " + event.url_template()];
            sums.requests += event.requests();
            sums.client_errors += event.client_errors();
            sums.server_errors += event.server_errors();
            sums.duration_sum += event.duration_sum();
            sums.role = event.role();
            if (event.has_slowest_traced()) {
                sums.traced = event.slowest_traced();
            }
            for (const auto& each : event.responses()) {
                sums.statuses[each.status_code()] += each.count();
            }
        }
        return all;
    }
    // Once so many requests to the port were told, and then what is told within another interval.
    [[nodiscard]] std::map<std::string, told_route> routes_of(std::uint16_t port, std::uint64_t expected) const {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        const auto count = [&] {
            std::uint64_t sum = 0;
            for (const auto& [name, each] : routes_of(port)) {
                sum += each.requests;
            }
            return sum;
        };
        while (count() < expected && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::sleep_for(20ms);
        }
        std::this_thread::sleep_for(1500ms);
        return routes_of(port);
    }
    // Protocol names of the connections with that port at either end, as the newest event of each has it.
    [[nodiscard]] std::map<std::uint64_t, std::string> protocols_of(std::uint16_t port) const {
        std::map<std::uint64_t, std::string> all;
        for (const auto& record : host.lane.envelopes(flow::connection_topic)) {
            v1::ConnectionEvent event;
            EXPECT_TRUE(event.ParseFromArray(record.data.data(), static_cast<int>(record.data.size())));
            const auto& connection = event.connection();
            if (connection.local_port() == port || connection.peer_port() == port) {
                all[connection.socket_cookie()] = connection.protocol_name();
            }
        }
        return all;
    }
    [[nodiscard]] auto wait_protocols_of(std::uint16_t port, const std::string& name, std::size_t ends) const {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        auto all = protocols_of(port);
        const auto named = [&] {
            return std::ranges::count_if(all, [&](const auto& each) { return each.second == name; });
        };
        while (named() < static_cast<std::ptrdiff_t>(ends) && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::sleep_for(20ms);
            all = protocols_of(port);
        }
        return all;
    }

    testing::fake_host host;
    testing::collector_driver driver{host, component_table<collector>::table};
};

}  // namespace sonde::ebpf::test
