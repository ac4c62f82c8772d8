// SPDX-License-Identifier: Apache-2.0
#include "config/diff.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "config/host_options.hpp"

namespace sonde::config {
namespace {

[[nodiscard]] const instance_config* enabled_instance(const document& in, std::string_view name) noexcept {
    const auto found = std::ranges::find(in.instances, name, &instance_config::name);
    return found == in.instances.end() || !found->enabled ? nullptr : &*found;
}

class comparison final {
public:
    explicit comparison(std::string name) { made_.name = std::move(name); }

    [[nodiscard]] instance_change run(const instance_config& before, const value_set* before_values,
                                      const instance_config& after, const value_set* after_values) {
        note(before.role != after.role, "role", false);
        note(before.type != after.type, "type", false);
        note(before.delivery != after.delivery, "delivery", false);
        note(before.topics != after.topics, "topics", false);
        note(before.required != after.required, "required", true);
        if (before_values != nullptr && after_values != nullptr) {
            compare_values(*before_values, *after_values);
        } else {
            note((before_values == nullptr) != (after_values == nullptr), "config", false);
            compare_raw(before.options, after.options);
            note(before.overrides != after.overrides, "config", false);
        }
        return std::move(made_);
    }

private:
    void note(bool differs, std::string key, bool is_reloadable) {
        if (!differs) {
            return;
        }
        made_.keys.push_back(std::move(key));
        const bool keeps_running = is_reloadable && made_.what != change::replaced;
        made_.what = keeps_running ? change::reconfigured : change::replaced;
    }

    void compare_values(const value_set& before, const value_set& after) {
        for (const value& now : after) {
            const value* old = find(before, now.key);
            note(old == nullptr || !old->same_as(now), "config." + now.key, now.is_reloadable);
        }
        for (const value& old : before) {
            note(find(after, old.key) == nullptr, "config." + old.key, old.is_reloadable);
        }
    }

    void compare_raw(const raw_options& before, const raw_options& after) {
        std::set<std::string> keys;
        for (const raw_options* options : {&before, &after}) {
            for (const auto& [key, raw] : *options) {
                keys.insert(key);
            }
        }
        for (const std::string& key : keys) {
            const auto old = before.find(key);
            const auto now = after.find(key);
            const bool is_same = old != before.end() && now != after.end() && old->second.data == now->second.data;
            note(!is_same, "config." + key, false);
        }
    }

    instance_change made_;
};

[[nodiscard]] const value_set* values_of(const values_by_instance& all, const std::string& name) noexcept {
    const auto found = all.find(name);
    return found == all.end() ? nullptr : &found->second;
}

[[nodiscard]] bool is_reloadable(std::string_view key) {
    for (const host_section& section : host_sections()) {
        for (const option_spec& option : section.options) {
            if (key == fmt::format("{}.{}", section.name, option.key)) {
                return option.is(SONDE_OPTION_RELOADABLE);
            }
        }
    }
    return false;
}

[[nodiscard]] std::vector<setting_change> compare_settings(const document& before, const document& after) {
    std::vector<setting_change> changes;
    for (const document::shown& now : after.effective) {
        const auto old = std::ranges::find(before.effective, now.key, &document::shown::key);
        const std::string was = old == before.effective.end() ? std::string() : old->value;
        if (was != now.value) {
            changes.push_back({now.key, was, now.value, !is_reloadable(now.key)});
        }
    }
    return changes;
}

}  // namespace

bool difference::is_empty() const noexcept {
    return settings.empty() &&
           std::ranges::all_of(instances, [](const instance_change& one) { return one.what == change::unchanged; });
}

std::vector<std::string> difference::restart_keys() const {
    std::vector<std::string> keys;
    for (const setting_change& one : settings) {
        if (one.needs_restart) {
            keys.push_back(one.key);
        }
    }
    return keys;
}

difference compare(const document& before, const values_by_instance& before_values, const document& after,
                   const values_by_instance& after_values) {
    difference made;
    for (const instance_config& now : after.instances) {
        if (!now.enabled) {
            continue;
        }
        const instance_config* old = enabled_instance(before, now.name);
        if (old == nullptr) {
            made.instances.push_back({now.name, change::added, {}});
            continue;
        }
        made.instances.push_back(
            comparison(now.name).run(*old, values_of(before_values, now.name), now, values_of(after_values, now.name)));
    }
    for (const instance_config& old : before.instances) {
        if (old.enabled && enabled_instance(after, old.name) == nullptr) {
            made.instances.push_back({old.name, change::removed, {}});
        }
    }
    made.settings = compare_settings(before, after);
    return made;
}

std::string_view name(change what) noexcept {
    switch (what) {
    case change::unchanged: return "unchanged";
    case change::reconfigured: return "reconfigured";
    case change::replaced: return "replaced";
    case change::added: return "added";
    case change::removed: return "removed";
    }
    return "unknown";
}

}  // namespace sonde::config
