// SPDX-License-Identifier: Apache-2.0
#include "etcd/options.hpp"

#include <algorithm>

#include "common/optional_values.hpp"

namespace sonde::etcd {
namespace {

using common::list_or_none;
using common::text_or_none;

std::chrono::milliseconds milliseconds(const settings& values, std::string_view key) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(values.duration(key));
}

result<std::vector<endpoint>> read_endpoints(const settings& values, bool is_tls_default) {
    std::vector<endpoint> all;
    for (const std::string& each : list_or_none(values, "endpoints")) {
        auto read = parse_endpoint(each, is_tls_default);
        if (!read) {
            return std::unexpected(read.error());
        }
        if (std::find(all.begin(), all.end(), *read) == all.end()) {
            all.push_back(std::move(*read));
        }
    }
    if (all.empty() || all.size() > most_endpoints) {
        return fail(errc::invalid, "name one to " + std::to_string(most_endpoints) + " endpoints", "endpoints");
    }
    return all;
}

result<std::vector<key_range>> read_ranges(const settings& values) {
    std::vector<key_range> all;
    for (const std::string& each : list_or_none(values, "prefixes")) {
        all.push_back(prefix_range(each));
    }
    if (values.has("ranges")) {
        for (auto& [begin, end] : values.map("ranges")) {
            if (begin.empty()) {
                return fail(errc::invalid, "a range begins with a key; for all keys write an empty prefix", "ranges");
            }
            if (!end.empty() && end <= begin) {
                return fail(errc::invalid, "the range that begins with '" + begin + "' ends before it", "ranges");
            }
            all.push_back({begin, end.empty() ? std::string(no_end) : end});
        }
    }
    all = merged(std::move(all));
    if (all.empty()) {
        return fail(errc::invalid, "prefixes and ranges are both empty: nothing is left to watch", "prefixes");
    }
    if (all.size() > most_ranges) {
        return fail(errc::invalid, "at most " + std::to_string(most_ranges) + " prefixes and ranges", "prefixes");
    }
    return all;
}

value_options read_values(const settings& values) {
    value_options read;
    read.has_values = values.boolean("values");
    read.has_previous = values.boolean("previous_values");
    read.secret_prefixes = list_or_none(values, "secret_prefixes");
    read.limit = static_cast<std::size_t>(values.bytes("value_limit"));
    read.registry = text_or_none(values, "registry");
    if (!read.registry.empty() && !read.registry.ends_with('/')) {
        read.registry.push_back('/');
    }
    return read;
}

connection_options read_connection(const settings& values) {
    connection_options read;
    read.ca_file = text_or_none(values, "ca_file");
    read.certificate_file = text_or_none(values, "certificate_file");
    read.key_file = text_or_none(values, "key_file");
    read.server_name = text_or_none(values, "server_name");
    read.message_limit = static_cast<std::size_t>(values.bytes("message_limit"));
    return read;
}

}  // namespace

result<option_values> read_options(const settings& values) {
    option_values read;
    read.connection = read_connection(values);
    auto endpoints = read_endpoints(values, read.connection.asks_for_tls());
    if (!endpoints) {
        return std::unexpected(endpoints.error());
    }
    auto ranges = read_ranges(values);
    if (!ranges) {
        return std::unexpected(ranges.error());
    }
    read.endpoints = std::move(*endpoints);
    read.ranges = std::move(*ranges);
    read.begin = static_cast<begin_at>(values.choice("begin"));
    read.values = read_values(values);
    read.as = {text_or_none(values, "user"), text_or_none(values, "password")};
    read.heartbeat = values.duration("heartbeat");
    read.request_timeout = milliseconds(values, "request_timeout");
    read.retry_limit = values.duration("retry_limit");
    read.page_size = static_cast<std::uint64_t>(values.integer("page_size"));
    read.page_size = read.values.has_values ? (read.page_size + 3) / 4 : read.page_size;
    read.status_interval = values.duration("status_interval");
    read.status_timeout = milliseconds(values, "status_timeout");
    read.position = collecting::position_store::read_positions(values);
    return read;
}

}  // namespace sonde::etcd
