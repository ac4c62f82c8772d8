// SPDX-License-Identifier: Apache-2.0
#include "config/merge.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "config/component_spec.hpp"
#include "config/spelling.hpp"
#include "support/join.hpp"
#include "support/nearest.hpp"

namespace sonde::config {
namespace {

void add_error(diagnostics& found, const origin& at, std::string_view key, std::string text, std::string hint = {}) {
    found.push_back({severity::error, at, printable(key), std::move(text), std::move(hint)});
}

[[nodiscard]] std::string joined(std::string_view path, std::string_view key) {
    return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

class flattener final {
public:
    flattener(std::string_view path, raw_options& to, diagnostics& found) : path_(path), to_(to), found_(found) {}

    void table(tree_table&& from, const std::string& prefix) {
        for (tree_entry& entry : from) {
            const std::string key = joined(prefix, entry.key);
            auto* inner = std::get_if<tree_table>(&entry.value.data);
            if (inner == nullptr) {
                leaf(std::move(entry.value), key);
            } else if (inner->empty()) {
                insert(key, {.data = raw_value::table{}, .at = entry.value.at});
            } else {
                table(std::move(*inner), key);
            }
        }
    }

private:
    void leaf(tree_node&& from, const std::string& key) {
        if (auto* truth = std::get_if<bool>(&from.data)) {
            insert(key, {.data = *truth, .at = from.at});
        } else if (auto* integer = std::get_if<std::int64_t>(&from.data)) {
            insert(key, {.data = *integer, .at = from.at});
        } else if (auto* number = std::get_if<double>(&from.data)) {
            insert(key, {.data = *number, .at = from.at});
        } else if (auto* text = std::get_if<std::string>(&from.data)) {
            insert(key, {.data = std::move(*text), .at = from.at});
        } else if (auto* array = std::get_if<tree_array>(&from.data)) {
            list(std::move(*array), key, from.at);
        } else {
            add_error(found_, from.at, joined(path_, key), "no option takes a date or time", "put it in quotes");
        }
    }

    void list(tree_array&& from, const std::string& key, const origin& at) {
        raw_value::list items;
        for (tree_node& item : from) {
            auto* text = std::get_if<std::string>(&item.data);
            if (text == nullptr) {
                add_error(found_, item.at, joined(path_, key), "the items of a list are strings",
                          "put each item in quotes");
                return;
            }
            items.push_back(std::move(*text));
        }
        insert(key, {.data = std::move(items), .at = at});
    }

    // Also where "a.b" is written once quoted and once as a table.
    void insert(const std::string& key, raw_value&& value) {
        const origin at = value.at;
        const auto [first, is_new] = to_.try_emplace(key, std::move(value));
        if (!is_new) {
            add_error(found_, at, joined(path_, key), fmt::format("set twice, first at {}", first->second.at.text()),
                      "remove one of them");
        }
    }

    std::string_view path_;
    raw_options& to_;
    diagnostics& found_;
};

void merge_section(tree_entry&& entry, raw_options& into, diagnostics& found) {
    auto* table = std::get_if<tree_table>(&entry.value.data);
    if (table == nullptr) {
        add_error(found, entry.at, entry.key, "is a section", fmt::format("write [{}]", entry.key));
        return;
    }
    flattener(entry.key, into, found).table(std::move(*table), {});
}

void merge_instance(tree_node&& from, sonde::role role, merged& into, diagnostics& found) {
    auto* table = std::get_if<tree_table>(&from.data);
    if (table == nullptr) {
        add_error(found, from.at, section(role), "its items are tables", fmt::format("write [[{}]]", section(role)));
        return;
    }
    raw_instance made;
    made.role = role;
    made.at = from.at;
    for (tree_entry& entry : *table) {
        auto* options = std::get_if<tree_table>(&entry.value.data);
        if (entry.key == "config" && options != nullptr) {
            flattener(fmt::format("{}.config", section(role)), made.options, found).table(std::move(*options), {});
        } else if (entry.key == "config") {
            add_error(found, entry.at, fmt::format("{}.config", section(role)), "is a table",
                      fmt::format("write [{}.config]", section(role)));
        } else {
            tree_table single;
            single.push_back(std::move(entry));
            flattener(section(role), made.head, found).table(std::move(single), {});
        }
    }
    into.instances.push_back(std::move(made));
}

void merge_instances(tree_entry&& entry, sonde::role role, merged& into, diagnostics& found) {
    auto* array = std::get_if<tree_array>(&entry.value.data);
    if (array == nullptr) {
        add_error(found, entry.at, entry.key, "there may be several, so it is an array of tables",
                  fmt::format("write [[{}]] with double brackets", entry.key));
        return;
    }
    for (tree_node& item : *array) {
        merge_instance(std::move(item), role, into, found);
    }
}

void refuse_unknown(const tree_entry& entry, diagnostics& found) {
    const std::vector<std::string> known{"host", "bus", "api", "collectors", "enrichers", "encoders"};
    std::string hint = support::did_you_mean(entry.key, known);
    add_error(found, entry.at, entry.key, "unknown section",
              hint.empty() ? fmt::format("the sections are {}", support::join(known, ", ")) : std::move(hint));
}

[[nodiscard]] bool comes_before(const raw_instance& left, const raw_instance& right) noexcept {
    return std::pair(left.at.line, left.at.column) < std::pair(right.at.line, right.at.column);
}

}  // namespace

void merge(tree_table file, merged& into, diagnostics& found) {
    const std::size_t before = into.instances.size();
    for (tree_entry& entry : file) {
        const auto role = std::ranges::find(all_roles, std::string_view(entry.key), section);
        if (role != all_roles.end()) {
            merge_instances(std::move(entry), *role, into, found);
        } else if (entry.key == "host") {
            merge_section(std::move(entry), into.host, found);
        } else if (entry.key == "bus") {
            merge_section(std::move(entry), into.bus, found);
        } else if (entry.key == "api") {
            merge_section(std::move(entry), into.api, found);
        } else {
            refuse_unknown(entry, found);
        }
    }
    // The tree is sorted by key; instances keep the order in which they stand in the file.
    const auto added = into.instances.begin() + static_cast<std::ptrdiff_t>(before);
    std::sort(added, into.instances.end(), comes_before);
}

}  // namespace sonde::config
