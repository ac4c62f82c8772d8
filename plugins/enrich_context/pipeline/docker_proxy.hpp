// SPDX-License-Identifier: Apache-2.0
// Tells the legs of connections that run through Docker's userland proxy: from the proxy to the container, seen from
// either side. What remains is the connection of the client to the published port. The proxies are known by their
// command lines, their own addresses by the connections they make.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "enrich_context/decode/decoded.hpp"

namespace sonde::enrich_context::pipeline {

// What a proxy was told on its command line.
struct proxy_target {
    ip_address address{};
    std::uint16_t port = 0;
    std::uint8_t protocol = 0;
};

// Of `docker-proxy -proto tcp … -container-ip 172.17.0.2 -container-port 80`; nothing if this is no such command line.
// A single argument is split at spaces.
[[nodiscard]] std::optional<proxy_target> read_proxy(std::span<const std::string_view> arguments);

class docker_proxy final {
public:
    // Proxies beyond it are not noticed, as if they were none; there is one per published port.
    static constexpr std::size_t most_proxies = 4096;
    // Connections are told after their process has gone, too.
    static constexpr std::chrono::nanoseconds kept_after_end = std::chrono::seconds(90);

    // A process event: a new proxy, or the end of one.
    void observe(const decode::decoded& process, std::chrono::nanoseconds now);
    // A connection: perhaps it tells the address of a proxy.
    void learn(const decode::decoded& connection);
    // Whether the connection is a leg behind a proxy.
    [[nodiscard]] bool is_leg(const decode::decoded& connection) const;
    [[nodiscard]] bool has_any() const noexcept { return !proxies_.empty(); }
    void forget(std::chrono::nanoseconds now);

private:
    struct proxy {
        std::string node;  // pids and the addresses of containers mean something on their host only
        std::uint32_t pid = 0;
        std::uint64_t start = 0;
        proxy_target target;
        std::optional<ip_address> own;
        std::optional<std::chrono::nanoseconds> gone_at;
    };

    std::vector<proxy> proxies_;
    std::vector<std::string_view> arguments_;
};

}  // namespace sonde::enrich_context::pipeline
