// SPDX-License-Identifier: Apache-2.0
#include "api/client.hpp"

#include <atomic>
#include <thread>

#include "fixture.hpp"

namespace sonde::api {
namespace {

using Client = Served;

TEST_F(Client, says_that_nobody_listens_and_what_to_check) {
    const auto got = make_client().get("/livez");
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::failed);
    EXPECT_NE(got.error().message().find("is the agent running"), std::string::npos) << got.error().message();
}

TEST_F(Client, within_the_grace_a_missing_server_has_not_started_yet) {
    auto now = std::chrono::steady_clock::now();
    client_settings to;
    to.address = settings_.socket;
    to.grace = 5min;
    to.now = [&] { return now; };
    const client one(to);
    now += 4min + 59s;
    const auto early = one.get("/livez");
    ASSERT_FALSE(early);
    EXPECT_EQ(early.error().code, errc::again);
    EXPECT_NE(early.error().message().find("not started yet"), std::string::npos);
    now += 1s;
    EXPECT_EQ(one.get("/livez").error().code, errc::failed);
    route_text("/livez", "alive");
    serve();
    EXPECT_TRUE(one.get("/livez")) << "recovers without being made anew";
}

TEST_F(Client, waits_until_the_agent_is_ready) {
    std::atomic<int> asked = 0;
    route("/readyz", [&](const request&) {
        response answer;
        answer.status = ++asked < 3 ? 503 : 200;
        return answer;
    });
    const client one = make_client();
    const auto early = one.wait_until_ready(30ms);
    ASSERT_FALSE(early);
    EXPECT_EQ(early.error().code, errc::again);
    serve();
    EXPECT_TRUE(one.wait_until_ready(patience));
    EXPECT_EQ(asked, 3);
}

TEST_F(Client, gives_up_on_a_server_that_does_not_answer) {
    gate slow;
    route("/x", [&](const request&) {
        slow.pass();
        return response{};
    });
    serve();
    client_settings to;
    to.address = settings_.socket;
    to.timeout = 30ms;
    const auto got = client(to).get("/x");
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::timeout);
    slow.open();
    EXPECT_TRUE(routes_.remove("/x", patience)) << "the handler has left the gate";
}

TEST_F(Client, reads_large_answers_and_refuses_larger_ones) {
    route_text("/big", std::string(3u << 20, 'x'));
    serve();
    EXPECT_EQ(get("/big").body.size(), 3u << 20);
    client_settings to;
    to.address = settings_.socket;
    to.answer_limit = 1u << 20;
    EXPECT_EQ(client(to).get("/big").error().code, errc::exhausted);
}

TEST_F(Client, talks_to_a_loopback_port) {
    settings_.listen = "127.0.0.1:0";
    route_text("/livez", "alive");
    serve();
    client_settings to;
    to.address = "localhost:" + std::to_string(server_->port());
    const auto got = client(to).get("/livez");
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->body, "alive");
}

TEST_F(Client, a_refused_stream_is_an_error_with_the_servers_words) {
    serve();
    const auto got = make_client().follow("/tap", [](std::string_view) { return true; });
    ASSERT_FALSE(got);
    EXPECT_NE(got.error().message().find("there is no /tap"), std::string::npos) << got.error().message();
}

TEST(ClientAddress, must_be_a_path_or_host_and_port) {
    for (const char* bad : {"", "localhost", "example.org:80", "127.0.0.1:"}) {
        client_settings to;
        to.address = bad;
        EXPECT_EQ(client(to).get("/").error().code, errc::invalid) << bad;
    }
    client_settings to;
    to.address = "/" + std::string(200, 'x');
    EXPECT_EQ(client(to).get("/").error().code, errc::invalid);
}

// A server that speaks something else.
TEST(ClientPeer, an_answer_that_is_not_http_is_an_error) {
    const temporary_directory directory;
    const std::string path = directory.file("s.sock");
    const support::unique_fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path.copy(at.sun_path, sizeof at.sun_path - 1);
    ASSERT_EQ(::bind(listener.value(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    ASSERT_EQ(::listen(listener.value(), 4), 0);
    for (const std::string_view said : {"SSH-2.0-x\r\n\r\n", "", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut"}) {
        std::jthread peer([&] {
            const support::unique_fd fd(::accept(listener.value(), nullptr, nullptr));
            char request[512];
            EXPECT_GT(::recv(fd.value(), request, sizeof request, 0), 0);
            EXPECT_EQ(::send(fd.value(), said.data(), said.size(), MSG_NOSIGNAL), static_cast<ssize_t>(said.size()));
        });
        client_settings to;
        to.address = path;
        to.timeout = patience;
        const auto got = client(to).get("/");
        ASSERT_FALSE(got) << said;
        EXPECT_EQ(got.error().code, errc::failed);
    }
}

}  // namespace
}  // namespace sonde::api
