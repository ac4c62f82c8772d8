// SPDX-License-Identifier: Apache-2.0
// A server in a directory of its own, and a client that sends exactly the bytes a test wants.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <gtest/gtest.h>

#include "api/client.hpp"
#include "api/server.hpp"
#include "support/fd.hpp"

namespace sonde::api {

using namespace std::chrono_literals;

// How long a test waits for what must happen.
inline constexpr auto patience = 20s;

class temporary_directory final {
public:
    temporary_directory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "sonde_api_XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~temporary_directory() { std::filesystem::remove_all(path_); }
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;
    [[nodiscard]] std::string file(std::string_view name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

// Holds handlers back until the test opens it, and knows how many came.
class gate final {
public:
    void pass() {
        std::unique_lock lock(mutex_);
        ++arrived_;
        changed_.notify_all();
        changed_.wait_for(lock, patience, [this] { return open_; });
    }
    void open() {
        const std::scoped_lock lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    [[nodiscard]] bool wait_for_arrivals(int count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [&] { return arrived_ >= count; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int arrived_ = 0;
    bool open_ = false;
};

class raw_client final {
public:
    explicit raw_client(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un to{};
        to.sun_family = AF_UNIX;
        path.copy(to.sun_path, sizeof to.sun_path - 1);
        connected_ = ::connect(fd_.value(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    }
    explicit raw_client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        to.sin_port = htons(port);
        connected_ = ::connect(fd_.value(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    }

    [[nodiscard]] bool is_connected() const { return connected_; }
    [[nodiscard]] int fd() const { return fd_.value(); }

    // False once the server has closed.
    bool send(std::string_view bytes) const {
        return ::send(fd_.value(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
    }

    // Everything until the server closes.
    [[nodiscard]] std::string read_to_end() const {
        return read_until([](const std::string&) { return false; });
    }
    // Everything until `text` has come `times` times, or the server closes.
    [[nodiscard]] std::string read_until_seen(std::string_view text, int times = 1) const {
        return read_until([&](const std::string& all) {
            int seen = 0;
            for (std::size_t at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) {
                ++seen;
            }
            return seen >= times;
        });
    }
    void close() { fd_.reset(); }

private:
    template <class Enough>
    std::string read_until(Enough enough) const {
        std::string all;
        const auto until = std::chrono::steady_clock::now() + patience;
        char part[4096];
        while (!enough(all) && std::chrono::steady_clock::now() < until) {
            pollfd wanted{fd_.value(), POLLIN, 0};
            if (::poll(&wanted, 1, 100) <= 0) {
                continue;
            }
            const ssize_t got = ::recv(fd_.value(), part, sizeof part, 0);
            if (got <= 0) {
                break;
            }
            all.append(part, static_cast<std::size_t>(got));
        }
        return all;
    }

    support::unique_fd fd_;
    bool connected_ = false;
};

class Served : public testing::Test {
protected:
    void SetUp() override {
        log_file_ = std::tmpfile();
        observe::log_settings to_file;
        to_file.output = log_file_;
        log_ = std::make_unique<observe::logger>(std::move(to_file));
        settings_.socket = directory_.file("run/sonde.sock");
    }
    void TearDown() override {
        server_.reset();
        log_.reset();
        std::fclose(log_file_);
    }

    void serve() {
        auto started = server::start(settings_, routes_, metrics_, *log_);
        ASSERT_TRUE(started) << started.error().message();
        server_ = std::move(*started);
    }
    void route(std::string_view path, handler run, route_limits with = {}, std::string_view method = "GET") {
        const auto added = routes_.add(method, path, std::move(run), std::move(with));
        ASSERT_TRUE(added) << added.error().message();
    }
    void route_text(std::string_view path, std::string text) {
        route(path, [text = std::move(text)](const request&) {
            response answer;
            answer.body = text;
            return answer;
        });
    }

    [[nodiscard]] client make_client() const {
        client_settings to;
        to.address = settings_.socket;
        to.timeout = patience;
        return client(to);
    }
    [[nodiscard]] answer get(const std::string& target) const {
        auto got = make_client().get(target);
        EXPECT_TRUE(got) << (got ? "" : got.error().message());
        return got ? *got : answer{};
    }

    // The value of a series on the metrics page; 0 if it is not there.
    [[nodiscard]] double metric(std::string_view name, const observe::labels& with = {}) const {
        for (const observe::family& each : metrics_.snapshot()) {
            if (each.name == name) {
                const auto found = each.series.find(with);
                return found == each.series.end() ? 0 : found->second;
            }
        }
        return 0;
    }
    [[nodiscard]] double dropped(std::string_view reason) const {
        return metric("sonde.api.dropped.connections", {{"reason", reason}});
    }
    template <class Condition>
    [[nodiscard]] static bool eventually(Condition holds) {
        const auto until = std::chrono::steady_clock::now() + patience;
        while (!holds()) {
            if (std::chrono::steady_clock::now() > until) {
                return false;
            }
            ::poll(nullptr, 0, 2);
        }
        return true;
    }

    temporary_directory directory_;
    observe::registry metrics_;
    router routes_;
    std::FILE* log_file_ = nullptr;
    std::unique_ptr<observe::logger> log_;
    server_settings settings_;
    std::unique_ptr<server> server_;
};

}  // namespace sonde::api
