// SPDX-License-Identifier: Apache-2.0
#include "cni/config_file.hpp"

#include <algorithm>
#include <array>

#include <simdjson.h>

#include "common/json_fields.hpp"

namespace sonde::cni {
namespace {

namespace json = common::json;

constexpr std::size_t most_values = 1024;
constexpr std::size_t most_ranges = 64;
constexpr std::size_t value_limit = 512;
constexpr std::size_t most_plugins = 64;
constexpr int most_depth = 12;

bool is_secret(std::string_view key) {
    constexpr std::array<std::string_view, 8> marks{"token", "secret", "passw", "credential",
                                                    "key",   "cert",   "auth",  "private"};
    std::string plain;
    std::transform(key.begin(), key.end(), std::back_inserter(plain),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
    return std::any_of(marks.begin(), marks.end(), [&](std::string_view each) { return plain.contains(each); });
}

void flatten(json::element value, const std::string& path, bool is_hidden, int depth, config_facts& into) {
    if (into.values.size() >= most_values || depth > most_depth) {
        into.are_values_left_out = true;
        return;
    }
    if (value.is_object()) {
        json::each_member(value, [&](std::string_view key, json::element member) {
            flatten(member, path.empty() ? std::string(key) : path + "." + std::string(key),
                    is_hidden || is_secret(key), depth + 1, into);
        });
        return;
    }
    if (value.is_array()) {
        std::size_t index = 0;
        json::each_item(value, [&](json::element item) {
            flatten(item, path + "." + std::to_string(index++), is_hidden, depth + 1, into);
        });
        return;
    }
    std::string_view text;
    std::string shown = value.get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::minify(value);
    if (shown.size() > value_limit) {
        shown.resize(value_limit);
        into.are_values_left_out = true;
    }
    into.values.insert_or_assign(path, is_hidden ? "(hidden)" : std::move(shown));
}

void read_range(json::element of, config_facts& into) {
    address_range range{std::string(json::text(of, "subnet")), std::string(json::text(of, "rangeStart")),
                        std::string(json::text(of, "rangeEnd")), std::string(json::text(of, "gateway"))};
    if (!range.subnet.empty() && into.ranges.size() < most_ranges) {
        into.ranges.push_back(std::move(range));
    }
}

void read_plugin(json::element of, config_facts& into) {
    if (into.plugins.size() >= most_plugins) {
        into.are_values_left_out = true;
        return;
    }
    into.plugins.emplace_back(json::text(of, "type"));
    json::with(of, "capabilities", [&](json::element all) {
        json::each_member(all, [&](std::string_view name, json::element) { into.capabilities.emplace_back(name); });
    });
    json::with(of, "ipam", [&](json::element ipam) {
        if (json::text(ipam, "type") != "host-local") {
            return;
        }
        read_range(ipam, into);  // the older form has one range, without a list
        json::with(ipam, "ranges", [&](json::element sets) {
            json::each_item(sets, [&](json::element set) {
                json::each_item(set, [&](json::element range) { read_range(range, into); });
            });
        });
    });
}

}  // namespace

result<config_facts> read_config(std::string_view text) {
    simdjson::dom::parser parser;
    json::element document;
    const simdjson::padded_string padded(text);
    if (const auto problem = parser.parse(padded).get(document); problem != simdjson::SUCCESS) {
        return fail(errc::invalid, std::string("it is no JSON: ") + simdjson::error_message(problem));
    }
    if (!document.is_object()) {
        return fail(errc::invalid, "it is no JSON object");
    }
    config_facts read;
    read.name = json::text(document, "name");
    read.cni_version = json::text(document, "cniVersion");
    bool is_list = false;
    json::with(document, "plugins", [&](json::element all) {
        is_list = true;
        json::each_item(all, [&](json::element each) { read_plugin(each, read); });
    });
    if (!is_list) {
        read_plugin(document, read);
    }
    flatten(document, "", false, 0, read);
    return read;
}

std::vector<config_difference> differences(const config_facts& before, const config_facts& after, std::size_t limit) {
    std::vector<config_difference> found;
    for (const auto& [key, value] : before.values) {
        const auto at = after.values.find(key);
        if (found.size() < limit && (at == after.values.end() || at->second != value)) {
            found.push_back({key, value, at == after.values.end() ? std::string() : at->second});
        }
    }
    for (const auto& [key, value] : after.values) {
        if (found.size() < limit && !before.values.contains(key)) {
            found.push_back({key, {}, value});
        }
    }
    return found;
}

}  // namespace sonde::cni
