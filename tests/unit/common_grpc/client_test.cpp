// SPDX-License-Identifier: Apache-2.0
// The client against a real gRPC server.
#include "common/grpc/client.hpp"

#include <filesystem>
#include <optional>

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include "common/grpc/unary.hpp"
#include "common_grpc/test_server.hpp"

namespace sonde::common::grpc {
namespace {

using namespace std::chrono_literals;
using testing::grpc_test_server;

struct recorder final : receiver {
    std::vector<std::string> messages;
    std::optional<outcome> end;

    void on_message(std::span<const std::uint8_t> message) override {
        messages.emplace_back(message.begin(), message.end());
    }
    void on_end(const outcome& how) override { end = how; }
};

class GrpcClient : public ::testing::Test {
protected:
    GrpcClient() {
        char name[] = "/tmp/sonde_grpc_XXXXXX";
        directory = ::mkdtemp(name);
    }
    ~GrpcClient() override { std::filesystem::remove_all(directory); }

    void serve(grpc_test_server::handler answers) { server.emplace(directory + "/sock", std::move(answers)); }
    client make() {
        client_settings settings;
        settings.target = "unix:" + directory + "/sock";
        return std::move(client::make(settings).value());
    }
    // Drives until `done` says so; false after ten seconds.
    template <class Done>
    static bool drive(client& of, Done done) {
        const auto until = std::chrono::steady_clock::now() + 10s;
        while (!done() && std::chrono::steady_clock::now() < until) {
            pollfd ready{of.fd(), POLLIN, 0};
            ::poll(&ready, 1, 100);
            of.drive();
        }
        return done();
    }

    std::string directory;
    std::optional<grpc_test_server> server;
};

TEST_F(GrpcClient, a_unary_call_brings_the_answer_and_carries_metadata) {
    serve([](const std::string& method, const std::string& request, const auto& headers) {
        return grpc_test_server::answer{{method + " " + request + " " + headers.find("shop")->second}, 0, {}, false};
    });
    client own = make();
    unary call;
    std::string got;
    std::optional<code> why;
    call.start(own, {"/a.B/C", "asked", {{"shop", "here"}}, 5s, false}, [&](const outcome& how, auto answer) {
        why = how.why;
        got.assign(answer.begin(), answer.end());
    });
    ASSERT_TRUE(drive(own, [&] { return why.has_value(); }));
    EXPECT_EQ(*why, code::ok);
    EXPECT_EQ(got, "/a.B/C asked here");
    EXPECT_FALSE(call.is_running());
}

TEST_F(GrpcClient, a_refusal_has_the_servers_code_and_words) {
    serve([](const auto&, const auto&, const auto&) {
        return grpc_test_server::answer{{}, 12, "no such method", false};
    });
    client own = make();
    recorder seen;
    static_cast<void>(own.start({"/a.B/C", {}, {}, 5s, false}, seen));
    ASSERT_TRUE(drive(own, [&] { return seen.end.has_value(); }));
    EXPECT_EQ(seen.end->why, code::unimplemented);
    EXPECT_EQ(seen.end->text, "no such method");
    EXPECT_TRUE(seen.messages.empty());
}

TEST_F(GrpcClient, no_server_is_unavailable_and_not_a_wait) {
    client own = make();
    recorder seen;
    const auto begin = std::chrono::steady_clock::now();
    static_cast<void>(own.start({"/a.B/C", {}, {}, 5s, false}, seen));
    ASSERT_TRUE(drive(own, [&] { return seen.end.has_value(); }));
    EXPECT_EQ(seen.end->why, code::unavailable);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
}

TEST_F(GrpcClient, a_stream_brings_each_message_in_order_until_it_ends) {
    serve([](const auto&, const auto&, const auto&) {
        grpc_test_server::answer many;
        for (int i = 0; i < 1000; ++i) {
            many.messages.push_back(std::to_string(i));
        }
        return many;
    });
    client own = make();
    recorder seen;
    static_cast<void>(own.start({"/a.B/Watch", {}, {}, {}, false}, seen));
    ASSERT_TRUE(drive(own, [&] { return seen.end.has_value(); }));
    ASSERT_EQ(seen.messages.size(), 1000u);
    EXPECT_EQ(seen.messages.front(), "0");
    EXPECT_EQ(seen.messages.back(), "999");
    EXPECT_EQ(seen.end->why, code::ok);
}

TEST_F(GrpcClient, a_call_that_keeps_sending_sends_each_message) {
    serve([](const auto&, const std::string& request, const auto&) {
        return grpc_test_server::answer{{"got " + request}, 0, {}, true};
    });
    client own = make();
    recorder seen;
    const call_id id = own.start({"/a.B/Talk", "one", {}, {}, true}, seen);
    EXPECT_TRUE(own.send(id, "two"));
    ASSERT_TRUE(drive(own, [&] { return seen.messages.size() == 2; }));
    EXPECT_EQ(seen.messages, (std::vector<std::string>{"got one", "got two"}));
    own.cancel(id);
    EXPECT_FALSE(own.send(id, "three"));
}

TEST_F(GrpcClient, a_deadline_ends_a_call_that_is_not_answered) {
    serve([](const auto&, const auto&, const auto&) { return grpc_test_server::answer{{}, 0, {}, true}; });
    client own = make();
    recorder seen;
    static_cast<void>(own.start({"/a.B/C", {}, {}, 50ms, false}, seen));
    ASSERT_TRUE(drive(own, [&] { return seen.end.has_value(); }));
    EXPECT_EQ(seen.end->why, code::deadline_exceeded);
}

TEST_F(GrpcClient, nothing_is_told_after_a_cancel) {
    serve([](const auto&, const auto&, const auto&) { return grpc_test_server::answer{{"first"}, 0, {}, true}; });
    client own = make();
    recorder seen;
    const call_id id = own.start({"/a.B/Watch", {}, {}, {}, false}, seen);
    ASSERT_TRUE(drive(own, [&] { return !seen.messages.empty(); }));
    own.cancel(id);
    server->push("/a.B/Watch", "second");
    recorder other;  // its end shows that everything before has been driven
    static_cast<void>(own.start({"/a.B/Watch", {}, {}, 50ms, false}, other));
    ASSERT_TRUE(drive(own, [&] { return other.end.has_value(); }));
    EXPECT_EQ(seen.messages.size(), 1u);
    EXPECT_FALSE(seen.end);
}

TEST_F(GrpcClient, a_held_call_is_told_nothing_until_it_goes_on) {
    serve([](const auto&, const auto&, const auto&) {
        grpc_test_server::answer many;
        for (int i = 0; i < 100; ++i) {
            many.messages.push_back(std::to_string(i));
        }
        return many;
    });
    client own = make();
    struct holder final : receiver {
        client* by = nullptr;
        call_id id = 0;
        std::vector<std::string> messages;
        std::optional<outcome> end;
        void on_message(std::span<const std::uint8_t> message) override {
            messages.emplace_back(message.begin(), message.end());
            if (messages.size() == 10) {
                by->hold(id);
            }
        }
        void on_end(const outcome& how) override { end = how; }
    } seen;
    seen.by = &own;
    seen.id = own.start({"/a.B/Watch", {}, {}, {}, false}, seen);
    ASSERT_TRUE(drive(own, [&] { return seen.messages.size() == 10; }));
    recorder other;  // its end shows that everything before has been driven
    static_cast<void>(own.start({"/a.B/Watch", {}, {}, {}, false}, other));
    ASSERT_TRUE(drive(own, [&] { return other.end.has_value(); }));
    EXPECT_EQ(seen.messages.size(), 10u);
    own.resume(seen.id);
    ASSERT_TRUE(drive(own, [&] { return seen.end.has_value(); }));
    EXPECT_EQ(seen.messages.size(), 100u);
}

TEST_F(GrpcClient, a_held_call_can_be_cancelled) {
    serve([](const auto&, const auto&, const auto&) { return grpc_test_server::answer{{"first"}, 0, {}, true}; });
    client own = make();
    recorder seen;
    const call_id id = own.start({"/a.B/Watch", {}, {}, {}, false}, seen);
    own.hold(id);
    ASSERT_TRUE(drive(own, [&] { return !seen.messages.empty(); }));
    own.cancel(id);
    own.resume(id);
    recorder other;
    static_cast<void>(own.start({"/a.B/Watch", {}, {}, 50ms, false}, other));
    ASSERT_TRUE(drive(own, [&] { return other.end.has_value(); }));
    EXPECT_FALSE(seen.end);
}

TEST_F(GrpcClient, a_message_beyond_the_limit_ends_the_call) {
    serve([](const auto&, const auto&, const auto&) {
        return grpc_test_server::answer{{std::string(2U << 20U, 'x')}, 0, {}, false};
    });
    client_settings settings;
    settings.target = "unix:" + directory + "/sock";
    settings.message_limit = 1U << 20U;
    client own = std::move(client::make(settings).value());
    recorder seen;
    static_cast<void>(own.start({"/a.B/C", {}, {}, 5s, false}, seen));
    ASSERT_TRUE(drive(own, [&] { return seen.end.has_value(); }));
    EXPECT_EQ(seen.end->why, code::resource_exhausted);
    EXPECT_TRUE(seen.messages.empty());
}

TEST_F(GrpcClient, it_ends_with_calls_under_way) {
    serve([](const auto&, const auto&, const auto&) { return grpc_test_server::answer{{}, 0, {}, true}; });
    recorder seen;
    {
        client own = make();
        for (int i = 0; i < 20; ++i) {
            static_cast<void>(own.start({"/a.B/Watch", {}, {}, {}, false}, seen));
        }
    }
    EXPECT_FALSE(seen.end);
}

}  // namespace
}  // namespace sonde::common::grpc
