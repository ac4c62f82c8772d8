// SPDX-License-Identifier: Apache-2.0
#include "local_http.hpp"

#include <array>
#include <cstdlib>
#include <string_view>

#include <sys/socket.h>

namespace sonde::ebpf::test {
namespace {

constexpr std::size_t body_size = 3000;

bool send_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t put = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
        if (put <= 0) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
}

// Head and body of the next message; empty at the end. `rest` keeps what came beyond it.
std::string next_message(int fd, std::string& rest) {
    for (;;) {
        if (const std::size_t end = rest.find("\r\n\r\n"); end != std::string::npos) {
            const std::size_t length = rest.find("Content-Length: ");
            const std::size_t body = length < end ? std::strtoul(rest.c_str() + length + 16, nullptr, 10) : 0;
            if (rest.size() >= end + 4 + body) {
                std::string message = rest.substr(0, end + 4 + body);
                rest.erase(0, message.size());
                return message;
            }
        }
        std::array<char, 8192> room{};
        const ssize_t got = ::recv(fd, room.data(), room.size(), 0);
        if (got <= 0) {
            return {};
        }
        rest.append(room.data(), static_cast<std::size_t>(got));
    }
}

std::string answer_to(const std::string& request) {
    const std::size_t wanted = request.find("/status/");
    const std::string status = wanted < request.find('\r') ? request.substr(wanted + 8, 3) : "200";
    const std::string body(body_size, 'x');
    return "HTTP/1.1 " + status + " As asked\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

local_server::local_server(const std::string& address) : listens_(address), accepting_([this] { accept_all(); }) {}

local_server::~local_server() {
    ::shutdown(listens_.fd(), SHUT_RDWR);
    accepting_.join();
    for (std::thread& each : serving_) {
        each.join();
    }
}

void local_server::accept_all() {
    for (;;) {
        socket_fd taken = listens_.accept();
        if (!taken.is_open()) {
            return;
        }
        serving_.emplace_back([held = std::move(taken)] {
            std::string rest;
            for (std::string request = next_message(held.fd(), rest); !request.empty();
                 request = next_message(held.fd(), rest)) {
                if (!send_all(held.fd(), answer_to(request))) {
                    return;
                }
            }
        });
    }
}

int local_client::ask(const std::string& method, const std::string& target, const std::string& fields,
                      const std::string& body) {
    const std::string length = body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n";
    std::string rest;
    if (!send_all(socket_.fd(),
                  method + " " + target + " HTTP/1.1\r\nHost: test\r\n" + fields + length + "\r\n" + body)) {
        return 0;
    }
    const std::string answer = next_message(socket_.fd(), rest);
    return answer.size() > 12 ? std::atoi(answer.c_str() + 9) : 0;
}

}  // namespace sonde::ebpf::test
