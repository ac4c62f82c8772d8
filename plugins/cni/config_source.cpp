// SPDX-License-Identifier: Apache-2.0
#include "cni/config_source.hpp"

#include <algorithm>
#include <array>

#include "cni/families.hpp"
#include "cni/files.hpp"

namespace sonde::cni {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_files = 256;
constexpr std::size_t file_limit = 1U << 20U;
constexpr std::size_t most_differences = 64;
// A change has ended when nothing has happened for so long.
constexpr std::chrono::nanoseconds quiet_time = 50ms;
constexpr std::chrono::nanoseconds longest_change = 1s;
constexpr auto never = std::chrono::nanoseconds::max();

bool is_config(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 3> endings{".conf", ".conflist", ".json"};  // as libcni looks for them
    return std::any_of(endings.begin(), endings.end(), [name](std::string_view each) { return name.ends_with(each); });
}

}  // namespace

void config_source::start() {
    state_.health = tells_ ? common::part_health::waiting : common::part_health::off;
    if (!is_on_) {
        return;
    }
    if (auto opened = watcher_.open(); opened) {
        watcher_.add_directory(directory_);
    } else {
        host_.warn(opened.error().text);
    }
    scan(true);
}

bool config_source::turn() {
    if (!is_on_) {
        return false;
    }
    bool has_changed = false;
    watcher_.drain([&](const auto& of) { has_changed = has_changed || of.name.empty() || is_config(of.name); });
    const auto now = host_.monotonic();
    if (has_changed) {
        changed_at_ = scans_at_ == never ? now : changed_at_;
        scans_at_ = std::min(now + quiet_time, changed_at_ + longest_change);
    }
    return scans_at_ <= now && scan(false);
}

bool config_source::scan(bool is_first) {
    scans_at_ = never;
    std::uint64_t left_out = 0;
    std::map<std::string, file> found;
    for (const std::string& name : read_directory(directory_, most_files, left_out)) {
        auto text = is_config(name) ? read_file(directory_ + "/" + name, file_limit) : std::nullopt;
        if (!text) {
            continue;
        }
        const auto known = files_.find(name);
        if (known != files_.end() && known->second.text == text->text) {
            found.emplace(name, std::move(known->second));
            files_.erase(known);
            continue;
        }
        file now{std::move(text->text), {}, {}};
        if (auto facts = read_config(now.text)) {
            now.facts = std::move(*facts);
        } else {
            now.problem = facts.error().text;
            meters_->config_malformed.add();
        }
        tell(is_first                ? schema::config_action::listed
             : known == files_.end() ? schema::config_action::added
                                     : schema::config_action::changed,
             name, now, known == files_.end() ? nullptr : &known->second);
        if (known != files_.end()) {
            files_.erase(known);
        }
        found.emplace(name, std::move(now));
    }
    const bool is_any_gone = !files_.empty();
    for (const auto& [name, before] : files_) {
        tell(schema::config_action::removed, name, {}, &before);
    }
    files_ = std::move(found);
    meters_->left_out.add(left_out);
    meters_->configs.set(static_cast<std::int64_t>(files_.size()));
    if (tells_) {
        const auto bad =
            std::find_if(files_.begin(), files_.end(), [](const auto& each) { return !each.second.problem.empty(); });
        if (files_.empty()) {
            state_ = {common::part_health::waiting, "no_config", "there is no configuration in " + directory_};
        } else if (bad != files_.end()) {
            state_ = {common::part_health::limping, "config_malformed", bad->first + ": " + bad->second.problem};
        } else {
            state_ = {common::part_health::working, "", std::to_string(files_.size()) + " files"};
        }
    }
    return is_any_gone || !is_first;
}

void config_source::tell_all() {
    for (const auto& [name, each] : files_) {
        tell(schema::config_action::listed, name, each, nullptr);
    }
}

void config_source::tell(schema::config_action what, const std::string& name, const file& now, const file* before) {
    if (!tells_) {
        return;
    }
    const bool is_gone = what == schema::config_action::removed;
    const config_facts& facts = is_gone ? before->facts : now.facts;
    const std::vector<config_difference> all =
        before == nullptr ? std::vector<config_difference>{} : differences(before->facts, now.facts, most_differences);
    const std::string path = directory_ + "/" + name;
    event_.clear();
    event_.kind = schema::kind::config_changed;
    event_.source = schema::source::config;
    event_.config_action = what;
    event_.is_snapshot = what == schema::config_action::listed;
    event_.path = path;
    event_.network = facts.name;
    event_.cni_version = facts.cni_version;
    event_.capabilities.assign(facts.capabilities.begin(), facts.capabilities.end());
    event_.plugins.assign(facts.plugins.begin(), facts.plugins.end());
    event_.plugin = facts.plugins.empty() ? std::string_view() : facts.plugins.front();
    event_.family = family_of_name(event_.plugin);
    event_.error = now.problem;
    event_.success = now.problem.empty() ? event_.success : std::optional(false);
    for (const config_difference& each : all) {
        event_.differences.push_back({each.key, each.before, each.after});
    }
    event_.are_differences_left_out = all.size() == most_differences || facts.are_values_left_out;
    out_->tell(event_);
}

void config_source::add_descriptor(std::vector<pollfd>& to) const {
    to.push_back({is_on_ ? watcher_.fd() : -1, POLLIN, 0});
}

std::vector<address_range> config_source::ranges_of(std::string_view network) const {
    for (const auto& [name, each] : files_) {
        if (each.facts.name == network && !each.facts.ranges.empty()) {
            return each.facts.ranges;
        }
    }
    return {};
}

}  // namespace sonde::cni
