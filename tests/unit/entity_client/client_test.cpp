// SPDX-License-Identifier: Apache-2.0
// The client against a server that answers as the test says.
#include "common/entity_client/client.hpp"

#include <poll.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

#include "common_grpc/test_server.hpp"
#include "samples.hpp"

namespace sonde::common::entities {
namespace {

using namespace std::chrono_literals;
using testing::grpc_test_server;

class EntityClient : public ::testing::Test {
protected:
    EntityClient() {
        std::string name = (std::filesystem::temp_directory_path() / "sonde-entity-XXXXXX").string();
        directory = ::mkdtemp(name.data());
        host.clock.follow_real_time();
    }
    ~EntityClient() override { std::filesystem::remove_all(directory); }

    client_options options() const {
        client_options with;
        with.server.target = "unix:" + (directory / "s").string();
        with.first_pause = 10ms;
        with.longest_pause = 40ms;
        return with;
    }
    std::unique_ptr<grpc_test_server> serve(grpc_test_server::handler answers) const {
        return std::make_unique<grpc_test_server>((directory / "s").string(), std::move(answers));
    }
    // Drives the client until `done`.
    template <class Predicate>
    bool drive(entity_client& client, Predicate done) {
        const auto limit = std::chrono::steady_clock::now() + 10s;
        while (!done()) {
            if (std::chrono::steady_clock::now() > limit) {
                return false;
            }
            const auto left = client.due() - host.host().monotonic();
            pollfd ready{client.fd(), POLLIN, 0};
            const auto wait = std::clamp<std::int64_t>(left.count() / 1'000'000 + 1, 0, 20);
            static_cast<void>(::poll(&ready, 1, static_cast<int>(wait)));
            client.turn(host.host().monotonic());
        }
        return true;
    }

    std::filesystem::path directory;
    testing::fake_host host;
    told listener;
};

TEST_F(EntityClient, comes_back_after_growing_pauses_and_counts_its_attempts) {
    entity_client client(host.host(), options(), listener, 1);
    ASSERT_TRUE(drive(client, [&] { return host.metrics.value("entity_client.failures") >= 4; }));
    EXPECT_GE(host.metrics.value("entity_client.attempts"), 4);
    EXPECT_GT(host.metrics.value("entity_client.pause"), 0);
    EXPECT_LE(host.metrics.value("entity_client.pause"), 40'000'000);
    EXPECT_FALSE(client.problem().empty());
    const auto server = serve([](const auto&, const auto&, const auto&) {
        return grpc_test_server::answer{{response_of({pod("1")}, true)}, 0, {}, true};
    });
    ASSERT_TRUE(drive(client, [&] { return client.is_synced(); }));
    EXPECT_THAT(listener.take(), ::testing::ElementsAre("set pod:1", "synced"));
    EXPECT_EQ(host.metrics.value("entity_client.connected"), 1);
    EXPECT_EQ(host.metrics.value("entity_client.entities"), 1);
    EXPECT_TRUE(client.problem().empty());
}

TEST_F(EntityClient, a_stream_that_breaks_off_leaves_what_is_known_and_resyncs) {
    std::atomic<int> calls = 0;
    const auto server = serve([&](const auto&, const auto&, const auto&) {
        switch (++calls) {
        case 1: return grpc_test_server::answer{{response_of({pod("1"), pod("2")}, true)}, 14, "gone", false};
        case 2: return grpc_test_server::answer{{response_of({pod("2")}, false)}, 10, "resync", false};
        default: return grpc_test_server::answer{{response_of({pod("2"), pod("3")}, true)}, 0, {}, true};
        }
    });
    entity_client client(host.host(), options(), listener, 1);
    ASSERT_TRUE(drive(client, [&] { return calls == 3 && client.is_synced(); }));
    // The snapshot of the second call was not whole, so it says nothing of pod 1.
    EXPECT_THAT(listener.take(),
                ::testing::ElementsAre("set pod:1", "set pod:2", "synced", "unset pod:1", "set pod:3", "synced"));
    EXPECT_EQ(host.metrics.value("entity_client.silent"), 1);
    EXPECT_EQ(host.metrics.value("entity_client.resyncs"), 2);
}

TEST_F(EntityClient, a_silent_stream_is_begun_anew) {
    std::atomic<int> calls = 0;
    const auto server = serve([&](const auto&, const auto&, const auto&) {
        ++calls;
        return grpc_test_server::answer{{response_of({pod("1")}, true)}, 0, {}, true};
    });
    client_options with = options();
    with.silence_limit = 30ms;
    entity_client client(host.host(), with, listener, 1);
    ASSERT_TRUE(drive(client, [&] { return calls >= 3; }));
    EXPECT_EQ(listener.lines.front(), "set pod:1");
    EXPECT_EQ(std::ranges::count(listener.lines, "set pod:1"), 1);
}

TEST_F(EntityClient, the_token_is_read_again_for_each_call) {
    std::ofstream(directory / "token") << "old\n";
    std::atomic<int> refused = 0;
    const auto server = serve([&](const auto&, const auto&, const auto& headers) {
        const auto found = headers.find("authorization");
        if (found == headers.end() || found->second != "Bearer new") {
            ++refused;
            return grpc_test_server::answer{{}, 16, "wrong token", false};
        }
        return grpc_test_server::answer{{response_of({}, true)}, 0, {}, true};
    });
    client_options with = options();
    with.token_file = (directory / "token").string();
    entity_client client(host.host(), with, listener, 1);
    ASSERT_TRUE(drive(client, [&] { return refused >= 1 && !client.problem().empty(); }));
    EXPECT_THAT(client.problem(), ::testing::HasSubstr("unauthenticated"));
    std::ofstream(directory / "token") << "new\n";
    EXPECT_TRUE(drive(client, [&] { return client.is_synced(); }));
}

TEST_F(EntityClient, a_server_that_answers_something_else_is_left) {
    const auto server = serve(
        [](const auto&, const auto&, const auto&) { return grpc_test_server::answer{{"\xff\xff\xff"}, 0, {}, true}; });
    entity_client client(host.host(), options(), listener, 1);
    ASSERT_TRUE(drive(client, [&] { return host.metrics.value("entity_client.failures") >= 2; }));
    EXPECT_THAT(client.problem(), ::testing::HasSubstr("something else"));
    EXPECT_FALSE(client.is_synced());
}

}  // namespace
}  // namespace sonde::common::entities
