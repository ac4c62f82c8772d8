// SPDX-License-Identifier: Apache-2.0
#include "prometheus/options.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "common/optional_values.hpp"

namespace sonde::prometheus {
namespace {

using namespace std::chrono_literals;
using common::map_or_none;
using common::text_or_none;

constexpr std::chrono::nanoseconds shortest = 100ms;  // of an interval or a step, as in the table
constexpr std::chrono::nanoseconds longest = 24h;
constexpr std::chrono::nanoseconds longest_range = 31 * 24h;
constexpr std::size_t longest_name = 128;
constexpr std::size_t most_queries = 256;
constexpr std::size_t most_targets = 1024;
// Prometheus refuses answers with more points of one series (web/api/v1: "exceeded maximum resolution").
constexpr std::int64_t most_steps = 11'000;

bool is_printable(std::string_view text) noexcept {
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

result<void> check_url(std::string_view url, const std::string& key) {
    const bool has_scheme = url.starts_with("http://") || url.starts_with("https://");
    if (!has_scheme || !is_printable(url) || url.contains(' ') || instance_of(url).starts_with(':')) {
        return fail(errc::invalid, "this is no address; write http://host:port or https://host:port", key);
    }
    const std::string_view authority = url.substr(0, url.find('/', url.find("://") + 3));
    if (authority.contains('@')) {
        return fail(errc::invalid, "credentials do not stand in the address; set username and password", key);
    }
    return {};
}

// Field names under which servers expect credentials.
bool is_credential(std::string_view field) {
    std::string name(field);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    constexpr std::array<std::string_view, 7> signs{"authorization", "cookie", "api-key", "apikey",
                                                    "token",         "secret", "password"};
    return std::ranges::any_of(signs, [&](std::string_view sign) { return name.contains(sign); });
}

bool is_field_name(std::string_view name) {
    return !name.empty() && name.find_first_of(" :") == std::string_view::npos && is_printable(name);
}

result<void> check_fields(const credentials& of) {
    for (const auto& [name, value] : of.headers) {
        if (!is_field_name(name) || !is_printable(value)) {
            return fail(errc::invalid, "'" + name + "' is no header field", "headers");
        }
        if (is_credential(name)) {
            return fail(
                errc::invalid,
                "the value of '" + name +
                    "' would be shown with the configuration; write it into a file and name that in header_files",
                "headers");
        }
    }
    for (const auto& [name, path] : of.header_files) {
        if (!is_field_name(name) || path.empty()) {
            return fail(errc::invalid, "'" + name + "' is no header field with a file", "header_files");
        }
    }
    return {};
}

result<void> check_name(std::string_view name, const std::string& key) {
    if (name.empty() || name.size() > longest_name || name.contains('/') || !is_printable(name)) {
        return fail(errc::invalid, "a name has 1 to 128 characters, and no /", key);
    }
    return {};
}

result<std::chrono::nanoseconds> parse_duration(std::string_view text, std::string where) {
    constexpr std::pair<std::string_view, std::chrono::nanoseconds> units[] = {
        {"ms", 1ms}, {"s", 1s}, {"m", 1min}, {"h", 1h}, {"d", 24h}};
    std::int32_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    for (const auto& [name, of] : units) {
        if (problem == std::errc{} && number > 0 && unit == name) {
            return number * of;
        }
    }
    return fail(errc::invalid, "'" + std::string(text) + "' is no duration such as 30s or 5m", std::move(where));
}

// Calls `take(row, duration)` for each entry of the map `key`, which names rows.
template <class Row, class Take>
result<void> each_duration(const settings& values, const std::string& key, std::chrono::nanoseconds most,
                           std::vector<Row>& rows, Take&& take) {
    for (const auto& [name, text] : map_or_none(values, key)) {
        const auto row = std::ranges::find(rows, name, &Row::name);
        if (row == rows.end()) {
            return fail(errc::invalid, "nothing has the name '" + name + "'", key);
        }
        const auto length = parse_duration(text, key);
        if (!length) {
            return std::unexpected(length.error());
        }
        if (*length < shortest || *length > most) {
            return fail(errc::invalid, "'" + text + "' is not between 100ms and " + (most == longest ? "24h" : "31d"),
                        key);
        }
        take(*row, *length);
    }
    return {};
}

result<void> read_queries(const settings& values, option_values& into) {
    for (auto& [name, text] : map_or_none(values, "queries")) {
        if (auto checked = check_name(name, "queries"); !checked) {
            return checked;
        }
        if (text.empty()) {
            return fail(errc::invalid, "the query '" + name + "' is empty", "queries");
        }
        into.queries.push_back({name, text, values.duration("query_interval"), 0ns, 0ns});
    }
    if (into.queries.size() > most_queries) {
        return fail(errc::invalid, "an instance takes at most 256 queries; make another instance", "queries");
    }
    using row = query_options;
    auto read = each_duration(values, "query_intervals", longest, into.queries,
                              [](row& of, std::chrono::nanoseconds length) { of.interval = length; });
    if (read) {
        read =
            each_duration(values, "query_ranges", longest_range, into.queries,
                          [](row& of, std::chrono::nanoseconds length) { of.range = length, of.step = of.interval; });
    }
    if (read) {
        read = each_duration(values, "query_steps", longest, into.queries,
                             [](row& of, std::chrono::nanoseconds length) { of.step = length; });
    }
    if (!read) {
        return read;
    }
    for (const query_options& each : into.queries) {
        if (each.range == 0ns && each.step != 0ns) {
            return fail(errc::invalid, "the query '" + each.name + "' has no range", "query_steps");
        }
        if (each.range != 0ns && (each.range < each.step || each.range / each.step > most_steps)) {
            return fail(errc::invalid, "the range of '" + each.name + "' has to have 1 to 11000 steps", "query_ranges");
        }
    }
    return {};
}

void set_label(label_list& labels, std::string_view name, std::string_view value) {
    const auto found = std::ranges::find(labels, name, &label_list::value_type::first);
    if (found == labels.end()) {
        labels.emplace_back(name, value);
    } else {
        found->second = value;
    }
}

result<void> read_target_labels(const settings& values, option_values& into) {
    for (const auto& [path, value] : map_or_none(values, "target_labels")) {
        const std::size_t slash = path.find('/');
        const auto target = std::ranges::find(into.targets, path.substr(0, slash), &target_options::name);
        if (slash == std::string::npos || slash + 1 == path.size() || target == into.targets.end()) {
            return fail(errc::invalid, "'" + path + "' is not the name of a target, / and a label", "target_labels");
        }
        set_label(target->labels, path.substr(slash + 1), value);
    }
    return {};
}

result<void> read_targets(const settings& values, option_values& into) {
    for (auto& [name, url] : map_or_none(values, "targets")) {
        if (auto checked = check_name(name, "targets"); !checked) {
            return checked;
        }
        if (auto checked = check_url(url, "targets"); !checked) {
            return checked;
        }
        target_options made{name, url, values.duration("scrape_interval"), {}};
        set_label(made.labels, "job", name);
        set_label(made.labels, "instance", instance_of(url));
        for (const auto& [label, value] : into.labels) {
            set_label(made.labels, label, value);
        }
        into.targets.push_back(std::move(made));
    }
    if (into.targets.size() > most_targets) {
        return fail(errc::invalid, "an instance takes at most 1024 targets; make another instance", "targets");
    }
    if (auto read = each_duration(values, "scrape_intervals", longest, into.targets,
                                  [](target_options& of, std::chrono::nanoseconds length) { of.interval = length; });
        !read) {
        return read;
    }
    if (auto read = read_target_labels(values, into); !read) {
        return read;
    }
    for (target_options& each : into.targets) {
        std::ranges::sort(each.labels);
    }
    return {};
}

result<void> read_access(const settings& values, option_values& into) {
    into.access = {text_or_none(values, "username"),     text_or_none(values, "password"),
                   text_or_none(values, "bearer_token"), text_or_none(values, "bearer_token_file"),
                   map_or_none(values, "headers"),       map_or_none(values, "header_files")};
    if (auto checked = check_fields(into.access); !checked) {
        return checked;
    }
    if (!is_printable(into.access.bearer_token) || into.access.bearer_token.contains(' ')) {
        return fail(errc::invalid, "the token holds blanks or control characters", "bearer_token");
    }
    common::http::tls_settings& tls = into.client.tls;
    tls.ca_file = text_or_none(values, "ca_file");
    tls.certificate_file = text_or_none(values, "certificate_file");
    tls.key_file = text_or_none(values, "key_file");
    tls.verifies_peer = values.boolean("verify");
    into.client.proxy = text_or_none(values, "proxy");
    into.client.no_proxy = text_or_none(values, "no_proxy");
    return {};
}

void read_limits(const settings& values, option_values& into) {
    into.request_limit = static_cast<std::size_t>(values.integer("request_limit"));
    into.limits.body = values.bytes("body_limit");
    into.limits.samples = static_cast<std::size_t>(values.integer("sample_limit"));
    into.limits.labels = static_cast<std::size_t>(values.integer("label_limit"));
    into.limits.line = values.bytes("line_limit");
    into.limits.envelope = values.bytes("envelope_limit");
    into.spreads_start = values.boolean("spread_start");
    into.retry_first = values.duration("retry_first");
    into.retry_limit = values.duration("retry_limit");
}

}  // namespace

std::string instance_of(std::string_view url) {
    const bool is_secure = url.starts_with("https:");
    std::string_view rest = url.substr(std::min(url.size(), url.find("://") + 3));
    rest = rest.substr(0, rest.find_first_of("/?#"));
    const std::size_t colon = rest.rfind(':');
    // Within brackets, colons are an IPv6 address' own.
    const bool has_port = colon != std::string_view::npos && !rest.substr(colon).contains(']');
    return std::string(rest) + (has_port ? "" : is_secure ? ":443" : ":80");
}

result<option_values> read_options(const settings& values) {
    option_values into;
    into.url = text_or_none(values, "url");
    if (!into.url.empty()) {
        if (auto checked = check_url(into.url, "url"); !checked) {
            return std::unexpected(checked.error());
        }
        if (into.url.find_first_of("?#") != std::string::npos) {
            return fail(errc::invalid, "the path of the API is put behind the address: it cannot have ? or #", "url");
        }
        while (into.url.ends_with('/')) {
            into.url.pop_back();
        }
    }
    into.is_post = values.choice("method") == 1;
    into.query_timeout = values.duration("query_timeout");
    into.scrape_timeout = values.duration("scrape_timeout");
    into.labels = map_or_none(values, "labels");
    into.honors_labels = values.boolean("honor_labels");
    for (const auto& read : {read_queries, read_targets, read_access}) {
        if (auto done = read(values, into); !done) {
            return std::unexpected(done.error());
        }
    }
    if (into.queries.empty() && into.targets.empty()) {
        return fail(errc::invalid, "there is nothing to collect: set queries or targets", "queries");
    }
    read_limits(values, into);
    return into;
}

}  // namespace sonde::prometheus
