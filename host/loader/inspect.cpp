// SPDX-License-Identifier: Apache-2.0
// `sonde plugin inspect`: collects all that speaks against a file instead of stopping at the first.
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "loader/candidate.hpp"
#include "loader/file_check.hpp"
#include "loader/loader.hpp"
#include "loader/probe.hpp"
#include "loader/staging.hpp"

namespace sonde::loader {

namespace {

void append(std::vector<refusal>& all, std::vector<refusal> more) {
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

void describe(elf_file facts, inspection& found) {
    found.needed = std::move(facts.needed);
    for (const version_need& need : facts.version_needs) {
        found.version_needs.push_back(fmt::format("{}: {}", need.library, need.version));
    }
    if (facts.note) {
        found.info.id = std::move(facts.note->id);
        found.info.version = std::move(facts.note->version);
        found.info.sdk_build = std::move(facts.note->sdk_build);
        found.info.abi_major = facts.note->abi_major;
        found.info.abi_minor = facts.note->abi_minor;
    }
}

// Completes `found` with what only running code can say.
void try_out(const loader_settings& settings, const candidate& from, inspection& found) {
    auto place = staging::open({});
    auto staged =
        place ? (*place)->put(from.digest, from.bytes) : result<std::filesystem::path>(std::unexpected(place.error()));
    if (!staged) {
        found.refusals.push_back({from.file, reason::load_failed, staged.error().message(),
                                  "this host tries plugins from a private copy", "make room for temporary files"});
        return;
    }
    auto said = probe(settings, *staged, from.file);
    if (!said) {
        found.refusals.push_back(std::move(said.error()));
        return;
    }
    said->file = std::move(found.info.file);
    said->digest = std::move(found.info.digest);
    found.info = std::move(*said);
}

}  // namespace

inspection inspect(const loader_settings& settings, const std::filesystem::path& file) {
    inspection found;
    found.info.file = file;
    auto in = open_directory(std::filesystem::absolute(file).parent_path(), file);
    if (!in) {
        found.refusals.push_back(std::move(in.error()));
        return found;
    }
    auto from = open_candidate(*in, file.filename(), settings.size_limit);
    if (!from) {
        found.refusals.push_back(std::move(from.error()));
        return found;
    }
    found.info.digest = from->digest;
    if (!settings.allow_unsafe) {
        append(found.refusals, std::move(in->objections));
        append(found.refusals, std::move(from->objections));
    }
    file_report report = check_file(from->bytes, file);
    append(found.refusals, std::move(report.refusals));
    describe(std::move(report.facts), found);
    if (found.refusals.empty() && settings.probe) {
        try_out(settings, *from, found);
    }
    return found;
}

}  // namespace sonde::loader
