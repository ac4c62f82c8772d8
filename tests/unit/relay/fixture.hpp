// SPDX-License-Identifier: Apache-2.0
// A sender and a receiver, each on a host of its own, with a real socket between them.
#pragma once

#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonde/testing/driver.hpp>

#include "relay/forward.hpp"
#include "relay/receive.hpp"

namespace sonde::relay {

using namespace std::chrono_literals;

inline bool wait_for(const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (!done() && std::chrono::steady_clock::now() < limit) {
        std::this_thread::sleep_for(2ms);
    }
    return done();
}

class Relay : public ::testing::Test {
protected:
    static constexpr const char* relayed = "raw/relay/test/";

    Relay() {
        std::string name = (std::filesystem::temp_directory_path() / "sonde-relay-XXXXXX").string();
        directory = ::mkdtemp(name.data());
        near.clock.follow_real_time();
        far.clock.follow_real_time();
    }
    ~Relay() override {
        sender.reset();
        receiver.reset();
        std::filesystem::remove_all(directory);
    }

    [[nodiscard]] std::string socket() const { return (directory / "relay.sock").string(); }
    void start_receiver() {
        receiver = std::make_unique<testing::collector_driver>(far, component_table<receive>::table);
        const auto launched = receiver->launch({{"socket", socket()}});
        ASSERT_TRUE(launched) << launched.error().message();
    }
    void start_sender(testing::option_texts more = {}) {
        more.emplace_back("endpoint", "unix:" + socket());
        more.emplace_back("retry_limit", "100ms");
        if (std::ranges::none_of(more, [](const auto& each) { return each.first == "flush_interval"; })) {
            more.emplace_back("flush_interval", "1ms");
        }
        sender = std::make_unique<testing::consumer_driver>(near, component_table<forward>::table);
        const auto launched = sender->launch(more);
        ASSERT_TRUE(launched) << launched.error().message();
    }
    // One batch with an event for each text.
    void send(std::initializer_list<std::string_view> texts) {
        for (const auto text : texts) {
            batches.add([&](envelope_writer& out) { out.data("text/plain", 1, text); });
        }
        EXPECT_TRUE(sender->feed(batches.build()));
    }
    [[nodiscard]] std::vector<std::string> received(const char* topic = relayed) const {
        std::vector<std::string> texts;
        for (const auto& each : far.lane.envelopes(topic)) {
            texts.emplace_back(each.data.begin(), each.data.end());
        }
        return texts;
    }
    [[nodiscard]] bool wait_for_events(std::size_t count) const {
        return wait_for([&] { return received().size() >= count; });
    }

    std::filesystem::path directory;
    testing::fake_host near;
    testing::fake_host far;
    testing::batch_builder batches{"raw/test/", {"source", "instance", "node-7", 2, {}, 0x1234, 50, "1.2.3"}};
    std::unique_ptr<testing::consumer_driver> sender;
    std::unique_ptr<testing::collector_driver> receiver;
};

}  // namespace sonde::relay
