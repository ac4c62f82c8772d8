// SPDX-License-Identifier: Apache-2.0
// The options of the etcd collector: the table that the host validates against, and the typed values.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <sonde/collecting/position_store/options.hpp>
#include <sonde/option.hpp>
#include <sonde/settings.hpp>

#include "etcd/endpoint.hpp"
#include "etcd/key_range.hpp"
#include "etcd/watch.hpp"

namespace sonde::etcd {

inline constexpr const char* begin_names[] = {"now", "list", nullptr};
inline constexpr std::size_t most_endpoints = 9;
inline constexpr std::size_t most_ranges = 32;

inline constexpr std::array own_options{
    option("endpoints", option_type::list)
        .defaults("http://127.0.0.1:2379")
        .explained("Members of the cluster: https://host:port, http://host:port or unix:/path; at most nine",
                   "One of them is watched, another takes its place when it fails; each is asked for its status."),
    option("prefixes", option_type::list)
        .defaults("/registry/")
        .explained("Watch the keys that begin with one of these", "An empty text stands for all keys."),
    option("ranges", option_type::map)
        .explained("Also watch these ranges of keys: first key = key after the last",
                   "For example `\"/jobs/a\" = \"/jobs/m\"`. An empty end means all keys from the first on."),
    option("begin", option_type::enumeration)
        .one_of(begin_names)
        .defaults("now")
        .explained("Where to begin when no position is known: at new events, or by telling all keys there are"),
    option("values", option_type::boolean)
        .defaults("false")
        .explained("Also tell values, not only keys, sizes and revisions",
                   "Never those of secrets: of keys with a part `secrets` between slashes, or of `secret_prefixes`."),
    option("previous_values", option_type::boolean)
        .defaults("false")
        .explained("Also tell what a key was before an event", "Revisions and size; the value too if `values` is set."),
    option("secret_prefixes", option_type::list)
        .explained("Values of keys that begin with one of these are never told", "Beside /registry/secrets."),
    option("value_limit", option_type::bytes)
        .defaults("64KiB")
        .range("0", "1536KiB")
        .explained("Bytes of a value that are told; the rest is cut, and the value marked",
                   "Stay well below half of the host's record limit."),
    option("registry", option_type::string)
        .defaults("/registry")
        .explained("Prefix under which an API server keeps its objects, whose keys are decoded", "Empty: decode none."),
    option("ca_file", option_type::path)
        .explained("Certificates of the authority that signed those of the members, PEM",
                   "By default the system's. It is read again for each connection, as are the other two."),
    option("certificate_file", option_type::path).needs("key_file").explained("Client certificate, PEM"),
    option("key_file", option_type::path).needs("certificate_file").explained("Its private key, PEM"),
    option("server_name", option_type::string)
        .explained("Name in the members' certificates, where it is not the endpoint's"),
    option("user", option_type::string).needs("password").explained("User of etcd's own authentication"),
    option("password", option_type::secret).needs("user").explained("Its password"),
    option("request_timeout", option_type::duration)
        .defaults("2s")
        .range("100ms", "1m")
        .explained("Longest time for an answer; after it another endpoint is tried"),
    option("retry_limit", option_type::duration)
        .defaults("2s")
        .range("100ms", "10m")
        .explained("Longest pause between two attempts; the first is 100 ms and doubles, with jitter"),
    option("heartbeat", option_type::duration)
        .defaults("1500ms")
        .range("100ms", "1m")
        .explained("Time without a word from the watched member after which it is asked for one",
                   "If it does not answer within request_timeout, another is watched."),
    option("page_size", option_type::integer)
        .defaults("1000")
        .range("1", "100000")
        .in_unit("{key}")
        .explained("Most keys in one answer to a listing; a fourth of it where values are read too"),
    option("message_limit", option_type::bytes)
        .defaults("16MiB")
        .range("2MiB", "256MiB")
        .explained("Largest message of a member that is read"),
    option("status_interval", option_type::duration)
        .defaults("10s")
        .range("0s", "24h")
        .explained("Time between two looks at the members' status; 0s: never"),
    option("status_timeout", option_type::duration)
        .defaults("3s")
        .range("100ms", "1m")
        .explained("Longest time for a member to tell its status"),
};
inline constexpr auto option_table = collecting::position_store::with_positions(own_options, "etcd");

struct value_options {
    bool has_values = false;
    bool has_previous = false;
    std::vector<std::string> secret_prefixes;
    std::size_t limit = 0;
    std::string registry;  // with a slash at its end; empty: nothing is decoded
};

struct login {
    std::string user;  // empty: none is needed
    std::string password;
};

struct option_values {
    std::vector<endpoint> endpoints;
    std::vector<key_range> ranges;
    begin_at begin = begin_at::now;
    value_options values;
    connection_options connection;
    login as;
    std::chrono::milliseconds request_timeout{};
    std::chrono::nanoseconds heartbeat{};
    std::chrono::nanoseconds retry_limit{};
    std::uint64_t page_size = 0;
    std::chrono::nanoseconds status_interval{};
    std::chrono::milliseconds status_timeout{};
    collecting::position_store::keeper_settings position;
};

// Fails on what is no endpoint, and on too many endpoints or ranges, or none.
[[nodiscard]] result<option_values> read_options(const settings& values);

}  // namespace sonde::etcd
