// SPDX-License-Identifier: Apache-2.0
#include "loader/file_check.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <sonde/abi/entry.h>

#include "loader/host_versions.hpp"

namespace sonde::loader {

namespace {

constexpr std::size_t longest_id = sizeof(decltype(sonde_note::desc)::id) - 1;

std::optional<refusal> check_note(const elf_file& facts, const std::string& file) {
    const std::string offer = fmt::format("this host needs the ELF note of plugin ABI {}", SONDE_ABI_MAJOR);
    if (!facts.note) {
        return refusal{file, reason::bad_note, facts.note_fault.empty() ? "it carries no sonde note" : facts.note_fault,
                       offer, "rebuild it with SONDE_PLUGIN (C++) or SONDE_PLUGIN_NOTE (C) beside the entry"};
    }
    if (!is_plugin_id(facts.note->id)) {
        return refusal{file, reason::bad_note, "the plugin id in its note is not in reverse-domain form", offer,
                       "give it an id such as io.example.hello and rebuild it"};
    }
    return std::nullopt;
}

void check_versions(const elf_file& facts, const std::string& file, std::vector<refusal>& found) {
    host_versions host;
    for (const version_need& need : facts.version_needs) {
        if (host.offers(need) == offered::no) {
            found.push_back({file, reason::missing_symbol_version,
                             fmt::format("it needs {} of {}", need.version, need.library),
                             fmt::format("this host has {}", host.newest_like(need)),
                             "it was built on a newer distribution: rebuild it on one as old as this host's"});
        }
    }
}

}  // namespace

bool is_plugin_id(std::string_view text) noexcept {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    };
    return !text.empty() && text.size() <= longest_id && text.front() != '.' && text.back() != '.' &&
           text.contains('.') && !text.contains("..") && std::all_of(text.begin(), text.end(), allowed);
}

std::optional<refusal> check_abi(unsigned major, unsigned minor, const std::string& file) {
    const std::string text = fmt::format("it was built for plugin ABI {}.{}", major, minor);
    const std::string offer = fmt::format("this host offers plugin ABI {}.{}", SONDE_ABI_MAJOR, SONDE_ABI_MINOR);
    if (major != SONDE_ABI_MAJOR) {
        return refusal{file, reason::abi_major, text, offer,
                       fmt::format("{}rebuild the plugin with an SDK of plugin ABI {}",
                                   major > SONDE_ABI_MAJOR ? "upgrade sonde, or " : "", SONDE_ABI_MAJOR)};
    }
    if (minor > SONDE_ABI_MINOR) {
        return refusal{file, reason::abi_minor, text, offer,
                       fmt::format("upgrade sonde, or rebuild the plugin with an SDK of plugin ABI {}.{}",
                                   SONDE_ABI_MAJOR, SONDE_ABI_MINOR)};
    }
    return std::nullopt;
}

file_report check_file(std::string_view bytes, const std::string& file) {
    file_report report;
    auto parsed = elf_file::parse(bytes);
    if (!parsed) {
        report.refusals.push_back({file, parsed.error().why, parsed.error().text,
                                   "this host loads 64-bit ELF shared objects of its own architecture",
                                   "build or install the plugin for this machine"});
        return report;
    }
    report.facts = std::move(*parsed);
    if (!report.facts.has_entry) {
        report.refusals.push_back({file, reason::no_entry,
                                   "it is not a sonde plugin: it exports no data symbol " SONDE_ENTRY_SYMBOL,
                                   "this host loads sonde plugins only",
                                   "remove it from the plugin directory, or export the entry with SONDE_PLUGIN"});
        return report;
    }
    if (auto refused = check_note(report.facts, file)) {
        report.refusals.push_back(std::move(*refused));
    } else if (auto wrong = check_abi(report.facts.note->abi_major, report.facts.note->abi_minor, file)) {
        report.refusals.push_back(std::move(*wrong));
    }
    check_versions(report.facts, file, report.refusals);
    return report;
}

}  // namespace sonde::loader
