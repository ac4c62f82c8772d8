// SPDX-License-Identifier: Apache-2.0
// The options of the Prometheus collector: the table that the host validates against, and the typed values.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <sonde/option.hpp>
#include <sonde/settings.hpp>

#include "common/http/message.hpp"

namespace sonde::prometheus {

inline constexpr const char* method_names[] = {"get", "post", nullptr};

inline constexpr std::array option_table{
    option("url", option_type::string)
        .explained("Address of a server with the query API of Prometheus, http(s)://host:port",
                   "Whatever path the API lies below is part of it. Needed for `queries`."),
    option("queries", option_type::map)
        .needs("url")
        .explained("Queries by name, in PromQL", "For example `load = \"avg by (instance) (node_load1)\"`."),
    option("query_interval", option_type::duration)
        .defaults("30s")
        .range("100ms", "24h")
        .explained("Time between two answers to the same query"),
    option("query_intervals", option_type::map)
        .needs("queries")
        .explained("Other intervals, by the query's name", "For example `load = \"5m\"`."),
    option("query_timeout", option_type::duration)
        .defaults("10s")
        .range("10ms", "10m")
        .explained("Longest time for an answer; the server is told it too"),
    option("query_ranges", option_type::map)
        .needs("queries")
        .explained("Queries that are asked for every step of the time since the last answer, by name",
                   "The value is how far back the first answer reaches, and how much is caught up with at most after "
                   "the server was away: `load = \"1h\"`. Others are asked for the present only."),
    option("query_steps", option_type::map)
        .needs("query_ranges")
        .explained("Steps of queries with a range, by name; by default their intervals"),
    option("method", option_type::enumeration)
        .one_of(method_names)
        .defaults("post")
        .explained("How queries are sent", "`get` where something between lets only that pass. Queries are then part "
                                           "of addresses, and of logs of servers."),
    option("targets", option_type::map)
        .explained("Addresses of pages with metrics, by name",
                   "For example `node = \"http://127.0.0.1:9100/metrics\"`. The name becomes the label `job`, host and "
                   "port become the label `instance`."),
    option("scrape_interval", option_type::duration)
        .defaults("30s")
        .range("100ms", "24h")
        .explained("Time between two looks at the same target"),
    option("scrape_intervals", option_type::map).needs("targets").explained("Other intervals, by the target's name"),
    option("scrape_timeout", option_type::duration)
        .defaults("10s")
        .range("10ms", "10m")
        .explained("Longest time for a page"),
    option("labels", option_type::map).explained("Labels of everything that is told"),
    option("target_labels", option_type::map)
        .needs("targets")
        .explained("Labels of a target's metrics: \"target/label\" = \"value\"",
                   "They may replace `job` and `instance`."),
    option("honor_labels", option_type::boolean)
        .defaults("false")
        .explained("Where a page has a label that its target has too, the page's holds",
                   "Otherwise the target's holds, and the page's is told as `exported_` and its name."),
    option("username", option_type::string)
        .excludes("bearer_token")
        .explained("Name for basic authentication",
                   "Credentials go to `url`. An instance without `url` sends them to its targets."),
    option("password", option_type::secret).needs("username").explained("Password for it"),
    option("bearer_token", option_type::secret)
        .excludes("bearer_token_file")
        .explained("Bearer token; it goes where `username` would"),
    option("bearer_token_file", option_type::path)
        .excludes("username")
        .explained("File with a bearer token that is read again when it changes"),
    option("headers", option_type::map)
        .explained("Further header fields, such as X-Scope-OrgID, where credentials would go",
                   "Their values are shown with the rest of the configuration."),
    option("header_files", option_type::map)
        .explained("Header fields with secret values, such as X-API-Key: the file that holds each",
                   "The files are read again when they change."),
    option("ca_file", option_type::path)
        .explained("Certificates of the servers' authority, PEM; by default the system's authorities"),
    option("certificate_file", option_type::path).needs("key_file").explained("Client certificate, PEM"),
    option("key_file", option_type::path).needs("certificate_file").explained("Its private key, PEM"),
    option("verify", option_type::boolean).defaults("true").explained("Check the servers' certificates"),
    option("proxy", option_type::string)
        .explained("Proxy: http, https, socks5 or socks5h", "By default the environment's, as curl reads it."),
    option("no_proxy", option_type::string).needs("proxy").explained("Hosts that are asked without the proxy"),
    option("request_limit", option_type::integer)
        .defaults("16")
        .range("1", "256")
        .in_unit("{request}")
        .explained("Most requests at once", "Each may take `body_limit` of memory."),
    option("body_limit", option_type::bytes)
        .defaults("16MiB")
        .range("1KiB", "1GiB")
        .explained("Largest answer that is read, unpacked"),
    option("sample_limit", option_type::integer)
        .defaults("50000")
        .range("1", "10000000")
        .in_unit("{sample}")
        .explained("Most samples of one answer; an answer with more is refused as a whole"),
    option("label_limit", option_type::integer)
        .defaults("64")
        .range("1", "1024")
        .in_unit("{label}")
        .explained("Most labels of one sample; likewise"),
    option("line_limit", option_type::bytes)
        .defaults("16KiB")
        .range("128B", "256KiB")
        .explained("Longest line of a page; likewise"),
    option("envelope_limit", option_type::bytes)
        .defaults("64KiB")
        .range("1KiB", "1MiB")
        .explained("Size beyond which what was found goes on in the next envelope",
                   "Stay below half of the host's record limit."),
    option("spread_start", option_type::boolean)
        .defaults("true")
        .explained("Begin each query and target at a random moment of its first interval",
                   "Agents that start together do not ask together."),
    option("retry_first", option_type::duration)
        .defaults("500ms")
        .range("10ms", "1m")
        .explained("First pause after a failure that may pass; it doubles, with jitter"),
    option("retry_limit", option_type::duration)
        .defaults("2s")
        .range("10ms", "1h")
        .explained("Longest such pause; where the interval is shorter, its next tick is waited for"),
};

using label_list = std::vector<std::pair<std::string, std::string>>;

struct query_options {
    std::string name;
    std::string text;
    std::chrono::nanoseconds interval{};
    std::chrono::nanoseconds range{};  // zero: an instant query
    std::chrono::nanoseconds step{};
};

struct target_options {
    std::string name;
    std::string url;
    std::chrono::nanoseconds interval{};
    label_list labels;  // job, instance and those of the options; sorted by name
};

struct credentials {
    std::string username;
    std::string password;
    std::string bearer_token;
    std::string bearer_token_file;
    label_list headers;
    label_list header_files;  // name and path
};

struct answer_limits {
    std::size_t body = 0;
    std::size_t samples = 0;
    std::size_t labels = 0;
    std::size_t line = 0;
    std::size_t envelope = 0;
};

struct option_values {
    std::string url;  // without a slash at its end; may be empty
    bool is_post = true;
    std::vector<query_options> queries;
    std::chrono::nanoseconds query_timeout{};
    std::vector<target_options> targets;
    std::chrono::nanoseconds scrape_timeout{};
    label_list labels;
    bool honors_labels = false;
    credentials access;
    common::http::client_settings client;
    std::size_t request_limit = 0;
    answer_limits limits;
    bool spreads_start = true;
    std::chrono::nanoseconds retry_first{};
    std::chrono::nanoseconds retry_limit{};
};

// Fails on names that nothing is called by, addresses and texts that are none, and on having nothing to do.
[[nodiscard]] result<option_values> read_options(const settings& values);

// "10.0.0.1:9100" for "http://10.0.0.1:9100/metrics"; with the scheme's port if there is none.
[[nodiscard]] std::string instance_of(std::string_view url);

}  // namespace sonde::prometheus
