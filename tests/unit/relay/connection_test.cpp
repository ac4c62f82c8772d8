// SPDX-License-Identifier: Apache-2.0
#include "relay/connection.hpp"

#include <poll.h>
#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

#include "common/grpc/server.hpp"

namespace sonde::relay {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace rpc = common::grpc;

constexpr connection::need idle{.is_wanted = true, .is_awaited = false};
constexpr connection::need busy{.is_wanted = true, .is_awaited = true};

// Answers each request with what the test says, as long as that is not empty.
class echo final : public rpc::answer {
public:
    explicit echo(std::string with) : with_(std::move(with)) {}
    step next() override {
        if (with_.empty() || asked_ == 0) {
            return {};
        }
        --asked_;
        return {.message = with_, .end = {}};
    }
    bool wants_message() override { return true; }
    void take(std::span<const std::uint8_t>) override { ++asked_; }

private:
    const std::string with_;
    int asked_ = 1;  // by what the call began with
};

struct listener final : connection::user {
    std::vector<response> responses;
    std::vector<bool> firsts;

    std::string greeting() override { return "\x08\x01"; }
    void on_response(const response& said, bool is_first) override {
        responses.push_back(said);
        firsts.push_back(is_first);
    }
};

class Connection : public ::testing::Test {
protected:
    Connection() {
        std::string name = (std::filesystem::temp_directory_path() / "sonde-connection-XXXXXX").string();
        directory = ::mkdtemp(name.data());
        values.endpoint = "unix:" + (directory / "s").string();
        values.target = values.endpoint;
        values.retry_limit = 10s;
    }
    ~Connection() override {
        way.reset();
        server.reset();
        std::filesystem::remove_all(directory);
    }

    void listen(const std::string& with) {
        auto made = rpc::server::listen({.address = values.target, .tls = {}},
                                        [with](const auto&, const auto&) { return std::make_unique<echo>(with); });
        ASSERT_TRUE(made) << made.error().message();
        server.emplace(std::move(*made));
    }
    void make() { way.emplace(on.host(), values, meters, user); }
    bool drive(const std::function<bool()>& done) {
        const auto limit = std::chrono::steady_clock::now() + 20s;
        while (!done() && std::chrono::steady_clock::now() < limit) {
            pollfd ready{way->fd(), POLLIN, 0};
            static_cast<void>(::poll(&ready, 1, 20));
            way->drive();
        }
        return done();
    }
    [[nodiscard]] std::string last_reason() const {
        const auto all = on.reports.all();
        return all.empty() ? std::string() : all.back().reason;
    }

    std::filesystem::path directory;
    testing::fake_host on;
    forward_meters meters{on.host()};
    forward_values values;
    std::optional<rpc::server> server;
    listener user;
    std::optional<connection> way;
};

TEST_F(Connection, begins_no_call_that_is_not_wanted) {
    make();
    way->turn(1s, {});
    EXPECT_EQ(way->due({}), connection::never);
    EXPECT_EQ(way->fd(), -1);
    EXPECT_EQ(on.metrics.value("forward_raw.attempts"), 0);
}

TEST_F(Connection, is_ready_with_the_first_response) {
    listen(encode({7, true, false}));
    make();
    way->turn(1s, idle);
    EXPECT_FALSE(way->is_ready());
    ASSERT_TRUE(drive([&] { return way->is_ready(); }));
    ASSERT_TRUE(way->send("\x10\x01"));
    ASSERT_TRUE(drive([&] { return user.responses.size() == 2; }));
    EXPECT_EQ(user.responses[0], (response{7, true, false}));
    EXPECT_THAT(user.firsts, ElementsAre(true, false));
    EXPECT_EQ(on.metrics.value("forward_raw.connected"), 1);
}

TEST_F(Connection, that_fails_is_tried_again_after_a_pause) {
    make();
    way->turn(1s, idle);
    ASSERT_TRUE(drive([&] { return way->due(idle) == 0ns; }));
    way->turn(2s, idle);
    EXPECT_EQ(last_reason(), "unreachable");
    const auto due = way->due(idle);
    EXPECT_GT(due, 2s);
    EXPECT_LE(due, 2200ms);
    way->turn(due - 1ns, idle);
    EXPECT_EQ(on.metrics.value("forward_raw.attempts"), 1);
    way->turn(due, idle);
    EXPECT_EQ(on.metrics.value("forward_raw.attempts"), 2);
    EXPECT_EQ(on.metrics.value("forward_raw.failures"), 1);
}

TEST_F(Connection, is_given_up_when_not_even_the_greeting_is_answered) {
    listen({});
    make();
    way->turn(1s, idle);
    EXPECT_EQ(way->due(idle), 1s + connection::patience);
    way->turn(1s + connection::patience, idle);
    EXPECT_EQ(last_reason(), "");
    way->turn(1s + connection::patience + 1ns, idle);
    EXPECT_EQ(last_reason(), "silent");
    EXPECT_EQ(way->fd(), -1);
}

TEST_F(Connection, may_be_silent_while_nothing_is_awaited) {
    listen(encode({0, true, false}));
    on.clock.set_monotonic(1s);
    make();
    way->turn(1s, idle);
    ASSERT_TRUE(drive([&] { return way->is_ready(); }));
    EXPECT_EQ(way->due(idle), connection::never);
    way->turn(1h, idle);
    EXPECT_TRUE(way->is_ready());
    EXPECT_EQ(way->due(busy), 1h + connection::patience);
    way->turn(1h + connection::patience + 1ns, busy);
    EXPECT_FALSE(way->is_ready());
    EXPECT_EQ(last_reason(), "silent");
}

TEST_F(Connection, to_somebody_else_is_given_up) {
    listen("\xff");
    make();
    way->turn(1s, idle);
    ASSERT_TRUE(drive([&] { return way->due(idle) == 0ns; }));
    way->turn(1s, idle);
    EXPECT_EQ(last_reason(), "no_receiver");
    EXPECT_TRUE(user.responses.empty());
}

TEST_F(Connection, names_the_file_that_cannot_be_read) {
    values.uses_tls = true;
    values.key_file = directory.string();
    make();
    way->turn(1s, idle);
    EXPECT_EQ(last_reason(), "tls_files");
    EXPECT_THAT(on.reports.all().back().text, HasSubstr("key_file"));
    values.token_file = (directory / "token").string();
    make();
    way->turn(1s, idle);
    EXPECT_EQ(last_reason(), "token");
}

}  // namespace
}  // namespace sonde::relay
