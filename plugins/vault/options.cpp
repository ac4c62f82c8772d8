// SPDX-License-Identifier: Apache-2.0
#include "vault/options.hpp"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>

#include "common/optional_values.hpp"

namespace sonde::vault {
namespace {

using common::list_or_none;
using common::text_or_none;

constexpr std::chrono::milliseconds longest_connect{2000};
// Each takes a descriptor of the few that a collector waits on.
constexpr std::size_t most_files = 8;

// Loopback is 127.0.0.0/8 (RFC 1122, section 3.2.1.3) and ::1 (RFC 4291, section 2.5.3).
bool is_loopback(const std::string& host) {
    in_addr four{};
    in6_addr six{};
    if (::inet_pton(AF_INET, host.c_str(), &four) == 1) {
        return (ntohl(four.s_addr) >> 24) == 127;
    }
    return ::inet_pton(AF_INET6, host.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

bool is_address(const std::string& host) {
    in6_addr room{};
    return ::inet_pton(AF_INET, host.c_str(), &room) == 1 || ::inet_pton(AF_INET6, host.c_str(), &room) == 1;
}

// "http://host:port/…" on this machine: what is said there does not travel.
bool is_plain_and_remote(std::string_view address) {
    constexpr std::string_view scheme = "http://";
    if (!address.starts_with(scheme)) {
        return false;
    }
    std::string_view host = address.substr(scheme.size());
    host = host.substr(0, host.find('/'));
    host = host.starts_with('[') ? host.substr(1, host.find(']') - 1) : host.substr(0, host.find(':'));
    return host != "localhost" && !is_loopback(std::string(host));
}

// A header's value must not begin another header.
bool is_plain(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return c < ' ' || c == '\x7f'; });
}

result<server_options> read_server(const settings& values) {
    server_options read;
    read.address = text_or_none(values, "address");
    while (read.address.ends_with('/')) {
        read.address.pop_back();
    }
    if (!read.address.empty() && !read.address.starts_with("https://") && !read.address.starts_with("http://")) {
        return fail(errc::invalid, "write https://host:port", "address");
    }
    if (read.address.find('@') != std::string::npos || !is_plain(read.address)) {
        return fail(errc::invalid, "an address holds no user and no password", "address");
    }
    read.name_space = text_or_none(values, "namespace");
    if (!is_plain(read.name_space)) {
        return fail(errc::invalid, "a namespace holds no control characters", "namespace");
    }
    read.token_file = text_or_none(values, "token_file");
    read.token = text_or_none(values, "token");
    if (!is_plain(read.token)) {
        return fail(errc::invalid, "a token holds no control characters", "token");
    }
    if (is_plain_and_remote(read.address) && !(read.token.empty() && read.token_file.empty())) {
        return fail(errc::invalid, "the token would travel without encryption; write https://", "address");
    }
    read.renews_token = values.boolean("token_renewal");
    read.client.tls.ca_file = text_or_none(values, "ca_file");
    read.client.tls.certificate_file = text_or_none(values, "certificate_file");
    read.client.tls.key_file = text_or_none(values, "key_file");
    read.client.tls.verifies_peer = values.boolean("verify");
    read.client.proxy = text_or_none(values, "proxy");
    read.status_interval = values.duration("status_interval");
    read.sample_interval = values.duration("sample_interval");
    read.has_metrics = values.boolean("metrics");
    read.metrics_interval = values.duration("metrics_interval");
    read.request_limit = std::chrono::duration_cast<std::chrono::milliseconds>(values.duration("request_timeout"));
    // Shorter, so that a server that is back is found again within 5 s whatever it was doing.
    read.client.connect_limit = std::min<std::chrono::milliseconds>(read.request_limit, longest_connect);
    read.retry_first = values.duration("retry_first");
    read.retry_limit = values.duration("retry_limit");
    return read;
}

result<audit_options> read_audit(const settings& values) {
    audit_options read;
    read.files = list_or_none(values, "audit_files");
    for (const std::string& each : list_or_none(values, "audit_listen")) {
        auto address = parse_listen_address(each, values.boolean("audit_listen_any"));
        if (!address) {
            return std::unexpected(address.error());
        }
        read.listen.push_back(std::move(*address));
    }
    if (read.files.size() > most_files) {
        return fail(errc::invalid, "at most 8 files; use another instance for the rest", "audit_files");
    }
    read.socket_group = text_or_none(values, "audit_socket_group");
    for (const std::string& each : read.files) {
        if (!each.starts_with('/')) {
            return fail(errc::invalid, "'" + each + "' is no absolute path", "audit_files");
        }
        if (std::ranges::count(read.files, each) != 1) {
            return fail(errc::invalid, "'" + each + "' is there twice", "audit_files");
        }
    }
    read.connection_limit = static_cast<std::size_t>(values.integer("audit_connections"));
    read.entry_limit = static_cast<std::size_t>(values.bytes("audit_entry_limit"));
    read.headers = list_or_none(values, "audit_headers");
    for (std::string& each : read.headers) {
        std::ranges::transform(each, each.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    }
    std::ranges::sort(read.headers);
    read.hmac_limit = static_cast<std::size_t>(values.integer("audit_hmac_fields"));
    read.begins_at_end = values.choice("begin") == 0;
    read.position = collecting::position_store::read_positions(values);
    return read;
}

}  // namespace

result<listen_address> parse_listen_address(const std::string& text, bool takes_any) {
    const auto refuse = [&](const std::string& why) {
        return fail(errc::invalid, "'" + text + "': " + why, "audit_listen");
    };
    if (text.starts_with("unix:/")) {
        return listen_address{text.substr(5), {}, 0};
    }
    const std::size_t colon = text.rfind(':');
    if (!text.starts_with("tcp:") || colon < 4) {
        return refuse("write unix:/path or tcp:127.0.0.1:port");
    }
    listen_address read{{}, text.substr(4, colon - 4), 0};
    const auto [end, problem] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), read.port);
    if (problem != std::errc{} || end != text.data() + text.size()) {
        return refuse("its port is no number up to 65535");
    }
    if (read.host.starts_with('[') && read.host.ends_with(']')) {
        read.host = read.host.substr(1, read.host.size() - 2);
    }
    if (!is_address(read.host)) {
        return refuse("write an IP address, not a name");
    }
    if (!takes_any && !is_loopback(read.host)) {
        return refuse("others than this machine reach it; set audit_listen_any if they may");
    }
    return read;
}

result<option_values> read_options(const settings& values) {
    auto server = read_server(values);
    if (!server) {
        return std::unexpected(server.error());
    }
    auto audit = read_audit(values);
    if (!audit) {
        return std::unexpected(audit.error());
    }
    if (server->address.empty() && audit->files.empty() && audit->listen.empty()) {
        return fail(errc::invalid, "without an address, audit_files and audit_listen nothing is left to collect",
                    "address");
    }
    return option_values{std::move(*server), std::move(*audit)};
}

}  // namespace sonde::vault
