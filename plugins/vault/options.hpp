// SPDX-License-Identifier: Apache-2.0
// The options of the vault collector: the table that the host validates against, and the typed values.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <sonde/collecting/position_store/options.hpp>
#include <sonde/option.hpp>
#include <sonde/settings.hpp>

#include "common/http/message.hpp"

namespace sonde::vault {

inline constexpr const char* begin_names[] = {"end", "oldest", nullptr};

inline constexpr std::array own_options{
    option("address", option_type::string)
        .defaults("https://127.0.0.1:8200")
        .explained("Address of the server; empty: only audit entries are collected"),
    option("namespace", option_type::string)
        .explained("Namespace that every request is made in, as X-Vault-Namespace",
                   "The states of a server are in the root namespace and in administrative ones."),
    option("token_file", option_type::path)
        .explained("File with the token; read again when it changes, such as the sink of a Vault Agent")
        .excludes("token"),
    option("token", option_type::secret)
        .explained("The token by reference: file:, env: or fd:", "Only metrics need one, and it is renewed."),
    option("token_renewal", option_type::boolean)
        .defaults("true")
        .explained("Look the token up, and renew it when a third of its time is left",
                   "Off if somebody else does, such as a Vault Agent, or if its policies allow neither."),
    option("ca_file", option_type::path)
        .explained("Certificates that the server's is checked against, PEM; by default the system's"),
    option("certificate_file", option_type::path).explained("Client certificate, PEM").needs("key_file"),
    option("key_file", option_type::path).explained("Key of the client certificate, PEM").needs("certificate_file"),
    option("verify", option_type::boolean)
        .defaults("true")
        .explained("Check the server's certificate", "Whoever is on the way can read the token if this is off."),
    option("proxy", option_type::string).explained("HTTP or SOCKS proxy to the server; by default the environment's"),
    option("status_interval", option_type::duration)
        .defaults("5s")
        .range("100ms", "1h")
        .explained("Time between two looks at the state; changes are told at once"),
    option("sample_interval", option_type::duration)
        .defaults("60s")
        .range("1s", "24h")
        .explained("Longest time without the state being told although nothing has changed"),
    option("metrics", option_type::boolean).defaults("true").explained("Read the server's metrics"),
    option("metrics_interval", option_type::duration)
        .defaults("30s")
        .range("100ms", "1h")
        .explained("Time between two looks at the metrics"),
    option("request_timeout", option_type::duration)
        .defaults("3s")
        .range("100ms", "5m")
        .explained("Longest time for one answer"),
    option("retry_first", option_type::duration)
        .defaults("250ms")
        .range("10ms", "1m")
        .explained("First pause after a failure; it doubles, with jitter"),
    option("retry_limit", option_type::duration)
        .defaults("2s")
        .range("100ms", "1h")
        .explained("Longest pause after failures"),
    option("audit_files", option_type::list)
        .explained("Audit logs that are followed: paths of file audit devices in JSON form"),
    option("audit_listen", option_type::list)
        .explained("Where socket audit devices are listened for: unix:/path or tcp:127.0.0.1:port",
                   "Vault refuses requests while none of its audit devices takes entries: give it a second one."),
    option("audit_listen_any", option_type::boolean)
        .defaults("false")
        .explained("Allow addresses in audit_listen that are not of this machine alone",
                   "Entries then come without encryption, and from anybody who reaches the address."),
    option("audit_socket_group", option_type::string)
        .explained("Group that may connect to the unix sockets; by default only the agent's user"),
    option("audit_connections", option_type::integer)
        .defaults("16")
        .range("1", "1024")
        .in_unit("{connection}")
        .explained("Most connections of socket audit devices at once"),
    option("audit_entry_limit", option_type::bytes)
        .defaults("1MiB")
        .range("4KiB", "16MiB")
        .explained("Longest entry that is read; longer ones are counted and left out"),
    option("audit_headers", option_type::list)
        .defaults("correlation-id,x-correlation-id,user-agent")
        .explained("Headers of requests whose values are passed even if Vault did not hash them"),
    option("audit_hmac_fields", option_type::integer)
        .defaults("64")
        .range("0", "1024")
        .in_unit("{field}")
        .explained("Most hashed values of one entry that are passed; 0: none"),
    option("begin", option_type::enumeration)
        .one_of(begin_names)
        .defaults("end")
        .explained("Where to begin in an audit log when no position is known"),
};
inline constexpr auto option_table = collecting::position_store::with_positions(own_options, "vault");

struct server_options {
    std::string address;  // without a slash at the end; empty: none
    std::string name_space;
    std::string token_file;
    std::string token;
    bool renews_token = true;
    common::http::client_settings client;
    std::chrono::nanoseconds status_interval{};
    std::chrono::nanoseconds sample_interval{};
    bool has_metrics = false;
    std::chrono::nanoseconds metrics_interval{};
    std::chrono::milliseconds request_limit{};
    std::chrono::nanoseconds retry_first{};
    std::chrono::nanoseconds retry_limit{};
};

// One place of `audit_listen`; a path or a host and port.
struct listen_address {
    std::string path;
    std::string host;
    std::uint16_t port = 0;

    [[nodiscard]] std::string text() const {
        return path.empty() ? "tcp:" + (host.contains(':') ? "[" + host + "]" : host) + ":" + std::to_string(port)
                            : "unix:" + path;
    }
};

struct audit_options {
    std::vector<std::string> files;
    std::vector<listen_address> listen;
    std::string socket_group;
    std::size_t connection_limit = 0;
    std::size_t entry_limit = 0;
    std::vector<std::string> headers;  // lower case, sorted
    std::size_t hmac_limit = 0;
    bool begins_at_end = true;
    collecting::position_store::keeper_settings position;
};

struct option_values {
    server_options server;
    audit_options audit;
};

// Fails on values that contradict each other or make no sense.
[[nodiscard]] result<option_values> read_options(const settings& values);

// "unix:/path", "tcp:127.0.0.1:9090" or "tcp:[::1]:9090". Other hosts than loopback only if `takes_any`.
[[nodiscard]] result<listen_address> parse_listen_address(const std::string& text, bool takes_any);

}  // namespace sonde::vault
