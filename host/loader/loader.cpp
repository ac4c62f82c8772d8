// SPDX-License-Identifier: Apache-2.0
#include "loader/loader.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "loader/file_check.hpp"
#include "loader/loaded_module.hpp"
#include "loader/probe.hpp"
#include "loader/shared_object.hpp"
#include "loader/staging.hpp"
#include "loader/tried_module.hpp"
#include "support/clock.hpp"

namespace sonde::loader {

namespace {

// From the staged copy to a module that has been initialised.
std::expected<module_ptr, refusal> map_module(const std::filesystem::path& staged, module_info base,
                                              const plugin_note& note, const log_sink& log) {
    const std::string label = base.file;
    const auto entry = map_entry(staged);
    if (!entry) {
        return std::unexpected(load_refusal(label, entry.error().text));
    }
    if (auto wrong = check_entry(**entry, label)) {
        return std::unexpected(std::move(*wrong));
    }
    describe(**entry, base);
    if (auto differs = check_note_agrees(base, note, label)) {
        return std::unexpected(std::move(*differs));
    }
    return make_module(**entry, std::move(base), label, log);
}

refusal not_staged(const std::string& file, const error& cause) {
    return {file, reason::load_failed, cause.message(), "this host loads plugins from a private copy",
            "see that the host's runtime directory can be written to and has room"};
}

}  // namespace

loader::loader(loader_settings settings) : settings_(std::move(settings)) {}
loader::~loader() = default;

bool is_plugin_name(std::string_view file_name) noexcept {
    constexpr std::string_view suffix = ".so";
    return file_name.size() > suffix.size() && file_name.ends_with(suffix) && file_name.front() != '.' &&
           file_name.front() != '#';
}

scan_result loader::scan() {
    scan_result found;
    std::map<std::string, std::filesystem::path> accepted;
    for (const std::filesystem::path& path : settings_.directories) {
        std::error_code failed;
        if (!std::filesystem::exists(path, failed) && !failed) {
            continue;
        }
        const auto in = open_directory(path, path);
        if (!in) {
            found.refused.push_back(in.error());
            continue;
        }
        if (!settings_.allow_unsafe && !in->objections.empty()) {
            found.refused.push_back(in->objections.front());
            continue;
        }
        const auto names = in->plugin_names();
        if (!names) {
            found.refused.push_back(names.error());
            continue;
        }
        for (const std::string& name : *names) {
            scan_file(*in, name, accepted, found);
        }
    }
    for (const auto& [digest, file] : present_) {
        if (!accepted.contains(digest)) {
            found.gone.push_back(digest);
        }
    }
    present_ = std::move(accepted);
    return found;
}

void loader::scan_file(const directory& in, const std::string& name,
                       std::map<std::string, std::filesystem::path>& accepted, scan_result& found) {
    const auto mark = mark_of(in, name);
    if (is_unchanged(in.path / name, mark)) {
        const std::string& digest = settled_.at(in.path / name).digest;
        if (accepted.emplace(digest, in.path / name).second) {
            ++found.unread;
            return;
        }
    }
    settled_.erase(in.path / name);
    const auto from = open_candidate(in, name, settings_.size_limit);
    if (!from) {
        found.refused.push_back(from.error());
        return;
    }
    if (const auto twin = accepted.find(from->digest); twin != accepted.end()) {
        found.refused.push_back({from->file, reason::duplicate_id,
                                 fmt::format("it has the same content as {}", twin->second.native()),
                                 "this host loads each plugin once", fmt::format("remove {}", from->file.native())});
        return;
    }
    auto taken = take(*from);
    if (!taken) {
        found.refused.push_back(std::move(taken.error()));
        return;
    }
    accepted.emplace(from->digest, from->file);
    if (mark && mark->changed + settings_.settled_after.count() <= support::wall_now()) {
        settled_.insert_or_assign(from->file, accepted_file{*mark, from->digest});
    }
    if (!present_.contains(from->digest)) {
        found.loaded.push_back(std::move(*taken));
    }
}

bool loader::is_unchanged(const std::filesystem::path& file, const std::optional<file_mark>& now) const {
    const auto known = settled_.find(file);
    return known != settled_.end() && now == known->second.mark && present_.contains(known->second.digest);
}

std::expected<module_ptr, refusal> loader::load(const std::filesystem::path& file) {
    const auto in = open_directory(std::filesystem::absolute(file).parent_path(), file);
    if (!in) {
        return std::unexpected(in.error());
    }
    if (!settings_.allow_unsafe && !in->objections.empty()) {
        return std::unexpected(in->objections.front());
    }
    const auto from = open_candidate(*in, file.filename(), settings_.size_limit);
    return from ? take(*from) : std::unexpected(from.error());
}

std::expected<module_ptr, refusal> loader::take(const candidate& from) {
    if (!settings_.allow_unsafe && !from.objections.empty()) {
        return std::unexpected(from.objections.front());
    }
    if (const auto known = by_digest_.find(from.digest); known != by_digest_.end()) {
        return known->second;
    }
    const auto failed = failed_trials_.find(from.digest);
    if (failed != failed_trials_.end() && failed->second.changed == from.changed) {
        return std::unexpected(failed->second.why);
    }
    const file_report report = check_file(from.bytes, from.file);
    if (!report.refusals.empty()) {
        return std::unexpected(report.refusals.front());
    }
    auto made = make(from, *report.facts.note);
    if (made) {
        by_digest_.emplace(from.digest, *made);
    } else if (made.error().why == reason::crashed || made.error().why == reason::hung) {
        failed_trials_.insert_or_assign(from.digest, failed_trial{made.error(), from.changed});
    }
    return made;
}

std::expected<std::filesystem::path, refusal> loader::stage(const candidate& from) {
    if (!staging_) {
        auto opened = staging::open(settings_.staging);
        if (!opened) {
            return std::unexpected(not_staged(from.file, opened.error()));
        }
        staging_ = std::move(*opened);
    }
    auto staged = staging_->put(from.digest, from.bytes);
    if (!staged) {
        return std::unexpected(not_staged(from.file, staged.error()));
    }
    return std::move(*staged);
}

std::expected<module_ptr, refusal> loader::make(const candidate& from, const plugin_note& note) {
    const auto staged = stage(from);
    if (!staged) {
        return std::unexpected(staged.error());
    }
    module_info base;
    base.file = from.file;
    base.digest = from.digest;
    if (!settings_.probe) {
        return map_module(*staged, std::move(base), note, settings_.log);
    }
    auto said = probe(settings_, *staged, from.file);
    if (!said) {
        return std::unexpected(std::move(said.error()));
    }
    if (auto differs = check_note_agrees(*said, note, from.file)) {
        return std::unexpected(std::move(*differs));
    }
    said->file = base.file;
    said->digest = base.digest;
    return std::make_shared<tried_module>(std::move(*said),
                                          [file = *staged, base, note, log = settings_.log, kept = staging_] {
                                              return map_module(file, base, note, log);
                                          });
}

std::expected<module_ptr, refusal> static_module(const sonde_entry& entry, const std::string& name) {
    return make_module(entry, {}, name, {});
}

}  // namespace sonde::loader
