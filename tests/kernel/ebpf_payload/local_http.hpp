// SPDX-License-Identifier: Apache-2.0
// A server of HTTP/1.1 in this process, which keeps connections open, and a client of it. Paths choose the answer:
// /status/503 is answered with 503, anything else with 200 and a body.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <thread>

#include "traffic.hpp"

namespace sonde::ebpf::test {

class local_server final {
public:
    explicit local_server(const std::string& address = "127.0.0.1");
    ~local_server();
    [[nodiscard]] std::uint16_t port() const { return listens_.port(); }

private:
    void accept_all();

    listener listens_;
    std::list<std::thread> serving_;
    std::thread accepting_;
};

class local_client final {
public:
    explicit local_client(std::uint16_t port, const std::string& address = "127.0.0.1")
        : socket_(connect_to(address, port)) {}
    // Asks, and reads the whole answer; its status, or 0.
    [[nodiscard]] int ask(const std::string& method, const std::string& target, const std::string& fields = {},
                          const std::string& body = {});

private:
    socket_fd socket_;
};

}  // namespace sonde::ebpf::test
