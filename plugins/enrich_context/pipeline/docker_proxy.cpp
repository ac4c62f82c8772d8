// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/pipeline/docker_proxy.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sonde/wire.hpp>

#include "enrich_context/decode/address.hpp"
#include "process/schema.hpp"

namespace sonde::enrich_context::pipeline {
namespace {

constexpr std::string_view program = "docker-proxy";

std::optional<ip_address> parse_address(std::string_view text) {
    const std::string copy(text);
    std::array<std::uint8_t, 16> bytes{};
    if (::inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1) {
        return decode::mapped(std::span(bytes).first(4));
    }
    if (::inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1) {
        return decode::mapped(bytes);
    }
    return std::nullopt;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
    return problem == std::errc{} && end == text.data() + text.size() && port != 0 ? std::optional(port) : std::nullopt;
}

std::optional<std::uint8_t> parse_protocol(std::string_view text) {
    if (text == "tcp") {
        return IPPROTO_TCP;
    }
    return text == "udp" ? std::optional<std::uint8_t>(IPPROTO_UDP) : std::nullopt;
}

void split(std::string_view line, std::vector<std::string_view>& words) {
    while (!line.empty()) {
        const std::size_t end = std::min(line.find(' '), line.size());
        if (end != 0) {
            words.push_back(line.substr(0, end));
        }
        line.remove_prefix(std::min(end + 1, line.size()));
    }
}

bool is_at(const proxy_target& target, const decode::endpoint& end, std::uint8_t protocol) {
    return target.port == end.port && target.protocol == protocol && decode::mapped(end.address) == target.address;
}

}  // namespace

std::optional<proxy_target> read_proxy(std::span<const std::string_view> arguments) {
    std::vector<std::string_view> words;
    if (arguments.size() == 1) {
        split(arguments.front(), words);
        arguments = words;
    }
    if (arguments.empty() || !arguments.front().ends_with(program)) {
        return std::nullopt;
    }
    std::optional<ip_address> address;
    std::optional<std::uint16_t> port;
    std::optional<std::uint8_t> protocol;
    for (std::size_t i = 1; i + 1 < arguments.size(); ++i) {
        if (arguments[i] == "-container-ip") {
            address = parse_address(arguments[i + 1]);
        } else if (arguments[i] == "-container-port") {
            port = parse_port(arguments[i + 1]);
        } else if (arguments[i] == "-proto") {
            protocol = parse_protocol(arguments[i + 1]);
        }
    }
    if (!address || !port || !protocol) {
        return std::nullopt;
    }
    return proxy_target{*address, *port, *protocol};
}

void docker_proxy::observe(const decode::decoded& process, std::chrono::nanoseconds now) {
    const std::uint32_t pid = process.about.pid;
    if (process.process_ended) {
        for (proxy& each : proxies_) {
            if (each.pid == pid && each.node == process.about.node_name && !each.gone_at) {
                each.gone_at = now;
            }
        }
        return;
    }
    const std::string_view text(reinterpret_cast<const char*>(process.process.data()), process.process.size());
    if (pid == 0 || text.find(program) == std::string_view::npos) {
        return;
    }
    arguments_.clear();
    wire::reader in(process.process);
    while (const auto field = in.next()) {
        if (field->number == sonde::process::schema::command_args) {
            arguments_.push_back(field->text());
        }
    }
    const auto target = read_proxy(arguments_);
    if (!target) {
        return;
    }
    const auto known = std::ranges::find_if(proxies_, [&](const proxy& each) {
        return each.pid == pid && each.node == process.about.node_name && !each.gone_at &&
               each.start == process.about.process_start;
    });
    if (known != proxies_.end()) {
        known->target = *target;
    } else if (proxies_.size() < most_proxies) {
        proxies_.push_back({std::string(process.about.node_name), pid, process.about.process_start, *target,
                            std::nullopt, std::nullopt});
    }
}

void docker_proxy::learn(const decode::decoded& connection) {
    for (proxy& each : proxies_) {
        if (each.pid != connection.about.pid || each.own || each.node != connection.about.node_name) {
            continue;
        }
        if (is_at(each.target, connection.local, connection.protocol)) {
            each.own = decode::mapped(connection.peer.address);
        } else if (is_at(each.target, connection.peer, connection.protocol)) {
            each.own = decode::mapped(connection.local.address);
        }
    }
}

bool docker_proxy::is_leg(const decode::decoded& connection) const {
    if (proxies_.empty()) {
        return false;
    }
    const auto leg = [&](const decode::endpoint& container, const decode::endpoint& other) {
        return std::ranges::any_of(proxies_, [&](const proxy& each) {
            return each.own && each.node == connection.about.node_name &&
                   is_at(each.target, container, connection.protocol) && decode::mapped(other.address) == each.own;
        });
    };
    return leg(connection.local, connection.peer) || leg(connection.peer, connection.local);
}

void docker_proxy::forget(std::chrono::nanoseconds now) {
    std::erase_if(proxies_, [&](const proxy& each) { return each.gone_at && now - *each.gone_at > kept_after_end; });
}

}  // namespace sonde::enrich_context::pipeline
