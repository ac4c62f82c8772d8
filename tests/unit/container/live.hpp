// SPDX-License-Identifier: Apache-2.0
// The whole collector, launched as a host does, over a host root of the test's own.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonde/testing/driver.hpp>

#include "container/collector.hpp"
#include "samples.hpp"
#include "sonde/v1/container.pb.h"

namespace sonde::container {

using namespace std::chrono_literals;
using told = v1::ContainerEvent;
using sonde::testing::envelope_record;
inline constexpr auto patience = 10s;

inline told payload_of(const envelope_record& record) {
    told event;
    EXPECT_EQ(record.content_type, "sonde.v1.ContainerEvent");
    EXPECT_TRUE(event.ParseFromArray(record.data.data(), static_cast<int>(record.data.size())));
    return event;
}

class LiveCollector : public ::testing::Test {
protected:
    LiveCollector() { host.clock.follow_real_time(); }
    void TearDown() override { EXPECT_THAT(host.lane.misuse(), ::testing::IsEmpty()); }

    void launch(sonde::testing::option_texts texts) {
        texts.emplace_back("host_root", files.path());
        ASSERT_TRUE(driver.launch(texts));
        ASSERT_TRUE(host.lane.wait_for(
            event_topic, [](const auto& record) { return payload_of(record).action() == told::ACTION_SYNCED; },
            patience));
    }
    std::optional<told> wait_for(std::string_view id, told::Action what) {
        return wait_for([&](const told& event) { return event.container().id() == id && event.action() == what; });
    }
    template <class Wanted>
    std::optional<told> wait_for(Wanted wanted) {
        const auto found =
            host.lane.wait_for(event_topic, [&](const auto& record) { return wanted(payload_of(record)); }, patience);
        return found ? std::optional(payload_of(*found)) : std::nullopt;
    }
    std::size_t count(std::string_view id, told::Action what) {
        std::size_t found = 0;
        for (const auto& record : host.lane.envelopes(event_topic)) {
            const told event = payload_of(record);
            found += event.container().id() == id && event.action() == what ? 1 : 0;
        }
        return found;
    }
    // What the endpoint says of the source that uses `where`, as JSON.
    std::string source(std::string_view where) {
        const std::string all = driver.ask("sources").value_or("");
        const std::size_t at = all.find(where);
        return at == std::string::npos ? "" : all.substr(at, all.find('}', at) - at);
    }
    bool wait_source(std::string_view where, std::string_view wanted) {
        const auto until = std::chrono::steady_clock::now() + patience;
        while (source(where).find(wanted) == std::string::npos && std::chrono::steady_clock::now() < until) {
            std::this_thread::sleep_for(10ms);
        }
        return source(where).find(wanted) != std::string::npos;
    }

    own_directory files;
    sonde::testing::fake_host host;
    sonde::testing::collector_driver driver{host, component_table<collector>::table};
};

}  // namespace sonde::container
