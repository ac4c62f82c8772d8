// SPDX-License-Identifier: Apache-2.0
// The client against small servers of the test's own; TLS is tested end to end, with the Kubernetes collector.
#include "common/http/client.hpp"

#include <atomic>
#include <functional>
#include <thread>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace sonde::common::http {
namespace {

using namespace std::chrono_literals;

// Accepts connections one after the other and hands each request's head to `answer`, which writes to the socket; the
// connection is closed afterwards.
class server {
public:
    explicit server(std::function<void(int, const std::string&)> answer) : answer_(std::move(answer)) {
        fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&at), size), 0);
        EXPECT_EQ(::listen(fd_, 16), 0);
        EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size), 0);
        port_ = ntohs(at.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~server() {
        ::shutdown(fd_, SHUT_RDWR);
        thread_.join();
        ::close(fd_);
    }
    [[nodiscard]] std::string url(const std::string& path = "/") const {
        return "http://127.0.0.1:" + std::to_string(port_) + path;
    }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

private:
    void serve() {
        for (;;) {
            const int connection = ::accept(fd_, nullptr, nullptr);
            if (connection < 0) {
                return;
            }
            std::string head;
            char bytes[4096];
            while (!head.ends_with("\r\n\r\n")) {
                const ssize_t got = ::recv(connection, bytes, sizeof bytes, 0);
                if (got <= 0) {
                    break;
                }
                head.append(bytes, static_cast<std::size_t>(got));
            }
            answer_(connection, head);
            ::close(connection);
        }
    }
    std::function<void(int, const std::string&)> answer_;
    int fd_ = -1;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

void say(int to, std::string_view text) {
    while (!text.empty()) {
        const ssize_t sent = ::send(to, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return;
        }
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
}

struct recorder final : receiver {
    void on_head(const response_head& head) override {
        ++heads;
        seen = head;
        if (at_head) {
            at_head();
        }
    }
    bool on_body(std::string_view bytes) override {
        body.append(bytes);
        return accepts;
    }
    void on_end(const outcome& how) override {
        ++ends;
        end = how;
        if (then) {
            then();
        }
    }
    std::function<void()> at_head;
    int heads = 0;
    int ends = 0;
    bool accepts = true;
    response_head seen;
    std::string body;
    outcome end;
    std::function<void()> then;
};

class Client : public ::testing::Test {
protected:
    Client() : client_(client::make({.connect_limit = 2s}).value()) {}
    void until(const std::function<bool()>& done, std::chrono::milliseconds limit = 10s) {
        for (const auto end = std::chrono::steady_clock::now() + limit;
             !done() && std::chrono::steady_clock::now() < end;) {
            pollfd waits{client_.fd(), POLLIN, 0};
            const auto wait = std::chrono::ceil<std::chrono::milliseconds>(client_.wait()).count();
            ::poll(&waits, 1, wait < 0 ? 20 : static_cast<int>(std::min<std::int64_t>(wait, 20)));
            client_.drive();
        }
    }
    void run(request what) {
        static_cast<void>(client_.start(std::move(what), got_));
        until([this] { return got_.ends > 0; });
    }
    client client_;
    recorder got_;
};

TEST_F(Client, brings_head_body_and_end_once_each) {
    std::string asked;
    const server at([&](int to, const std::string& head) {
        asked = head;
        say(to, "HTTP/1.1 201 Made\r\nX-One: 1\r\nContent-Length: 5\r\n\r\nhello");
    });
    run({.url = at.url("/path?q=1"), .headers = {"Accept: text/plain"}, .bearer_token = "secret"});
    EXPECT_EQ(got_.seen.status, 201);
    EXPECT_EQ(got_.seen.field("x-one"), "1");
    EXPECT_EQ(got_.body, "hello");
    EXPECT_EQ(got_.end.why, failure::none);
    EXPECT_EQ(got_.heads, 1);
    EXPECT_EQ(got_.ends, 1);
    EXPECT_TRUE(asked.starts_with("GET /path?q=1 HTTP/1.1\r\n"));
    for (const char* line : {"Authorization: Bearer secret", "Accept: text/plain", "User-Agent: sonde", "gzip"}) {
        EXPECT_NE(asked.find(line), std::string::npos) << line;
    }
}

TEST_F(Client, names_and_passwords_go_as_basic_authentication) {
    std::string asked;
    const server at([&](int to, const std::string& head) {
        asked = head;
        say(to, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    run({.url = at.url(), .username = "Aladdin", .password = "open sesame"});
    // RFC 7617, section 2.
    EXPECT_NE(asked.find("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"), std::string::npos) << asked;
}

TEST_F(Client, a_request_with_a_body_is_a_post) {
    const std::string body = "a=1&b=2\r\n\r\n";  // ends as a head does, so that the server need not tell them apart
    std::string asked;
    const server at([&](int to, const std::string& head) {
        asked = head;
        while (!asked.ends_with(body)) {
            char bytes[64];
            const ssize_t got = ::recv(to, bytes, sizeof bytes, 0);
            ASSERT_GT(got, 0);
            asked.append(bytes, static_cast<std::size_t>(got));
        }
        say(to, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    run({.url = at.url(), .headers = {"Content-Type: text/plain"}, .body = body});
    EXPECT_EQ(got_.seen.status, 200);
    EXPECT_TRUE(asked.starts_with("POST / HTTP/1.1\r\n")) << asked;
    EXPECT_NE(asked.find("Content-Length: 11\r\n"), std::string::npos) << asked;
    EXPECT_NE(asked.find("Content-Type: text/plain\r\n"), std::string::npos) << asked;
}

TEST_F(Client, streams_chunks_as_they_come) {
    std::atomic<bool> goes_on = false;
    const server at([&](int to, const std::string&) {
        say(to, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
        while (!goes_on) {
            std::this_thread::sleep_for(1ms);
        }
        say(to, "6\r\nsecond\r\n0\r\n\r\n");
    });
    static_cast<void>(client_.start({.url = at.url()}, got_));
    until([this] { return got_.body == "first"; });
    EXPECT_EQ(got_.ends, 0) << "the first chunk is there while the rest is yet to come";
    goes_on = true;
    until([this] { return got_.ends > 0; });
    EXPECT_EQ(got_.body, "firstsecond");
}

TEST_F(Client, tells_a_cut_connection_from_an_end) {
    const server at([](int to, const std::string&) {
        say(to, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
    });
    run({.url = at.url()});
    EXPECT_EQ(got_.body, "first");
    EXPECT_EQ(got_.end.why, failure::broken);
    EXPECT_FALSE(got_.end.text.empty());
}

TEST_F(Client, bounds_bodies_and_time) {
    const server large([](int to, const std::string&) {
        say(to, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + std::string(100000, 'x'));
    });
    run({.url = large.url(), .body_limit = 50'000});
    EXPECT_EQ(got_.end.why, failure::body_too_large);
    got_ = {};
    std::atomic<bool> ends = false;
    const server slow([&](int, const std::string&) {
        while (!ends) {
            std::this_thread::sleep_for(1ms);
        }
    });
    run({.url = slow.url(), .limit = 50ms});
    ends = true;
    EXPECT_EQ(got_.end.why, failure::timeout);
    EXPECT_EQ(got_.heads, 0);
}

TEST_F(Client, a_receiver_that_refuses_ends_it) {
    const server at([](int to, const std::string&) { say(to, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"); });
    got_.accepts = false;
    run({.url = at.url()});
    EXPECT_EQ(got_.end.why, failure::refused);
    EXPECT_EQ(got_.ends, 1);
}

TEST_F(Client, nobody_there_is_a_failure_of_the_connection) {
    std::string url;
    {
        const server gone([](int, const std::string&) {});
        url = gone.url();
    }
    run({.url = url});
    EXPECT_EQ(got_.end.why, failure::connection);
    got_ = {};
    run({.url = "file:///etc/passwd"});
    EXPECT_EQ(got_.end.why, failure::broken) << "only http and https";
}

TEST_F(Client, after_cancel_nothing_comes) {
    const server at([](int to, const std::string&) { say(to, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"); });
    const auto id = client_.start({.url = at.url()}, got_);
    client_.cancel(id);
    recorder other;
    static_cast<void>(client_.start({.url = at.url()}, other));
    until([&] { return other.ends > 0; });
    EXPECT_EQ(got_.heads + got_.ends, 0);
    EXPECT_EQ(other.body, "hello");
}

TEST_F(Client, receivers_may_start_and_cancel_from_within) {
    const server at([](int to, const std::string&) { say(to, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"); });
    recorder second;
    recorder never;
    const auto unwanted = client_.start({.url = "http://127.0.0.1:1/"}, never);
    got_.then = [&] {
        client_.cancel(unwanted);
        static_cast<void>(client_.start({.url = at.url()}, second));
    };
    never.then = [] {};
    static_cast<void>(client_.start({.url = at.url()}, got_));
    until([&] { return second.ends > 0; });
    EXPECT_EQ(second.body, "ok");
}

TEST_F(Client, a_request_begun_while_another_is_being_read_is_carried_too) {
    const server at([](int to, const std::string&) { say(to, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"); });
    recorder second;
    recorder never;
    const auto unwanted = client_.start({.url = "http://127.0.0.1:1/"}, never);
    got_.at_head = [&] {
        client_.cancel(unwanted);
        static_cast<void>(client_.start({.url = at.url()}, second));
    };
    static_cast<void>(client_.start({.url = at.url()}, got_));
    until([&] { return second.ends > 0 && got_.ends > 0; });
    EXPECT_EQ(got_.body, "ok");
    EXPECT_EQ(second.body, "ok");
    EXPECT_EQ(second.end.why, failure::none);
}

TEST_F(Client, does_not_follow_where_a_server_sends_it) {
    const server at([](int to, const std::string&) {
        say(to, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    });
    run({.url = at.url(), .bearer_token = "secret"});
    EXPECT_EQ(got_.seen.status, 302);
    EXPECT_EQ(got_.end.why, failure::none);
}

TEST_F(Client, goes_through_a_proxy_or_to_another_address_when_told) {
    std::string asked;
    const server at([&](int to, const std::string& head) {
        asked = head;
        say(to, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    client_ = client::make({.proxy = at.url()}).value();
    run({.url = "http://server.example/path"});
    EXPECT_TRUE(asked.starts_with("GET http://server.example/path HTTP/1.1")) << asked;
    got_ = {};
    client_ = client::make({.connect_to = at.address()}).value();
    run({.url = "http://server.example:81/path"});
    EXPECT_NE(asked.find("Host: server.example:81"), std::string::npos) << asked;
    EXPECT_EQ(got_.body, "ok");
}

}  // namespace
}  // namespace sonde::common::http
