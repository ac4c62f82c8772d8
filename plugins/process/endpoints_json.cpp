// SPDX-License-Identifier: Apache-2.0
#include "process/endpoints_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <unordered_map>

#include "common/json_text.hpp"

namespace sonde::process {
namespace {

template <class Number>
void append_number(std::string& out, Number value) {
    std::array<char, 32> digits{};
    out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

template <class Number>
void append_member(std::string& out, std::string_view key, Number value) {
    out.append(",\"").append(key).append("\":");
    append_number(out, value);
}

// The members of a process, without the braces.
void append_members(std::string& out, const process_row& row) {
    out.append("\"pid\":");
    append_number(out, row.pid);
    append_member(out, "parent_pid", row.parent_pid);
    if (row.original_parent_pid != 0) {
        append_member(out, "original_parent_pid", row.original_parent_pid);
    }
    out.append(",\"name\":");
    common::append_json_string(out, row.name);
    out.append(",\"state\":");
    common::append_json_string(out, row.state == 0 ? std::string_view{} : std::string_view(&row.state, 1));
    append_member(out, "create_time_unix_nano", row.create_time);
    append_member(out, "threads", row.threads);
    append_member(out, "memory_rss", row.memory_rss);
    if (row.cpu_percent >= 0 && std::isfinite(row.cpu_percent)) {
        append_member(out, "cpu_percent", std::round(row.cpu_percent * 100) / 100);
    }
    if (!row.container_id.empty()) {
        out.append(",\"container_id\":");
        common::append_json_string(out, row.container_id);
    }
}

// Children of each row, by place in `rows`; without those that are their own ancestors' parents by a reused pid.
struct forest {
    explicit forest(const std::vector<process_row>& rows) : children(rows.size()) {
        std::unordered_map<std::uint32_t, std::size_t> place;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            place.emplace(rows[i].pid, i);
        }
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto parent = place.find(rows[i].parent_pid);
            if (parent == place.end() || parent->second == i) {
                roots.push_back(i);
            } else {
                children[parent->second].push_back(i);
            }
        }
    }
    std::vector<std::vector<std::size_t>> children;
    std::vector<std::size_t> roots;
};

// Without recursion: a chain of forks may be deeper than a stack.
void append_trees(std::string& out, const std::vector<process_row>& rows, const forest& of,
                  const std::vector<std::size_t>& roots) {
    struct level {
        const std::vector<std::size_t>* nodes;
        std::size_t next;
    };
    std::vector<bool> is_written(rows.size());
    std::vector<level> levels{{&roots, 0}};
    out.push_back('[');
    while (!levels.empty()) {
        level& at = levels.back();
        if (at.next == at.nodes->size()) {
            out.append(levels.size() == 1 ? "]" : "]}");
            levels.pop_back();
            continue;
        }
        const std::size_t node = (*at.nodes)[at.next++];
        if (is_written[node]) {
            continue;  // a loop of stale parents
        }
        is_written[node] = true;
        out.append(out.back() == '[' ? "{" : ",{");
        append_members(out, rows[node]);
        out.append(",\"children\":[");
        levels.push_back({&of.children[node], 0});
    }
}

}  // namespace

std::string list_json(std::vector<process_row> rows, sort_order by, std::size_t limit) {
    const std::size_t shown = std::min(limit, rows.size());
    const auto is_before = [by](const process_row& a, const process_row& b) {
        if (by == sort_order::cpu && a.cpu_percent != b.cpu_percent) {
            return a.cpu_percent > b.cpu_percent;
        }
        if (by == sort_order::memory && a.memory_rss != b.memory_rss) {
            return a.memory_rss > b.memory_rss;
        }
        return a.pid < b.pid;
    };
    std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(shown), rows.end(), is_before);
    std::string out = "{\"count\":";
    append_number(out, rows.size());
    out.append(",\"processes\":[");
    for (std::size_t i = 0; i < shown; ++i) {
        out.append(i == 0 ? "{" : ",{");
        append_members(out, rows[i]);
        out.push_back('}');
    }
    out.append("]}");
    return out;
}

std::optional<std::string> tree_json(const std::vector<process_row>& rows, std::optional<std::uint32_t> root) {
    const forest grown(rows);
    std::vector<std::size_t> roots = grown.roots;
    if (root) {
        const auto found = std::lower_bound(rows.begin(), rows.end(), *root,
                                            [](const process_row& row, std::uint32_t pid) { return row.pid < pid; });
        if (found == rows.end() || found->pid != *root) {
            return std::nullopt;
        }
        roots.assign(1, static_cast<std::size_t>(found - rows.begin()));
    }
    std::string out = "{\"processes\":";
    append_trees(out, rows, grown, roots);
    out.push_back('}');
    return out;
}

}  // namespace sonde::process
