// SPDX-License-Identifier: Apache-2.0
// A server of entities that a test feeds, on a real socket, and clients that follow it.
#pragma once

#include <poll.h>
#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonde/testing/driver.hpp>

#include "common/entity_client/client.hpp"
#include "common/entity_client/schema.hpp"
#include "entity_client/samples.hpp"
#include "serve_entities/encoder.hpp"

namespace sonde::serve_entities {

using namespace std::chrono_literals;
using namespace common::entities;

// A client with what it was told.
struct follower {
    told listener;
    entity_client client;

    follower(const testing::fake_host& host, client_options with) : client(host.host(), std::move(with), listener, 1) {}
};

class Serving : public ::testing::Test {
protected:
    Serving() {
        std::string name = (std::filesystem::temp_directory_path() / "sonde-serve-XXXXXX").string();
        directory = ::mkdtemp(name.data());
        host.clock.follow_real_time();
    }
    ~Serving() override {
        stop();
        std::filesystem::remove_all(directory);
    }

    [[nodiscard]] std::string socket() const { return (directory / "entities.sock").string(); }
    result<void> start(testing::option_texts more = {}) {
        if (std::ranges::none_of(more, [](const auto& each) { return each.first == "settle_time"; })) {
            more.emplace_back("settle_time", "0s");
        }
        more.emplace_back("socket", socket());
        auto values = testing::config::from(component_table<encoder>::table, more);
        if (!values) {
            return std::unexpected(values.error());
        }
        server = std::make_unique<encoder>(host.host());
        if (auto configured = server->configure(values->settings()); !configured) {
            return configured;
        }
        return server->start();
    }
    void stop() {
        if (server != nullptr) {
            static_cast<void>(server->stop({}));
            server.reset();
        }
    }
    void feed(const std::vector<v1::EntityEvent>& events) {
        for (const auto& each : events) {
            const std::string bytes_of_event = each.SerializeAsString();
            batches.add([&](envelope_writer& out) { out.data("sonde.v1.EntityEvent", 1, bytes(bytes_of_event)); });
        }
        const auto batch = batches.build();
        const sonde_batch given = batch.abi();
        EXPECT_TRUE(server->consume(batch_view(given)));
    }

    [[nodiscard]] client_options to_socket() const {
        client_options with;
        with.server.target = "unix:" + socket();
        with.first_pause = 10ms;
        with.longest_pause = 40ms;
        return with;
    }
    // Drives all clients until `done`.
    bool drive(const std::vector<follower*>& all, const std::function<bool()>& done) {
        const auto limit = std::chrono::steady_clock::now() + 20s;
        while (!done()) {
            if (std::chrono::steady_clock::now() > limit) {
                return false;
            }
            std::vector<pollfd> ready;
            for (follower* const each : all) {
                ready.push_back({each->client.fd(), POLLIN, 0});
            }
            static_cast<void>(::poll(ready.data(), ready.size(), 5));
            for (follower* const each : all) {
                each->client.turn(host.host().monotonic());
            }
        }
        return true;
    }
    bool drive(follower& one, const std::function<bool()>& done) { return drive(std::vector{&one}, done); }
    bool sync(follower& one) {
        return drive(one, [&] { return one.client.is_synced(); });
    }
    // Until the last thing that it was told is `line`.
    bool drive_to(follower& one, const std::string& line) {
        return drive(one, [&] { return !one.listener.lines.empty() && one.listener.lines.back() == line; });
    }

    std::filesystem::path directory;
    testing::fake_host host;
    std::unique_ptr<encoder> server;
    testing::batch_builder batches{"entity/"};
};

}  // namespace sonde::serve_entities
