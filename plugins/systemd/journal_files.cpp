// SPDX-License-Identifier: Apache-2.0
#include "systemd/journal_files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sonde/collecting/descriptor.hpp>

namespace sonde::systemd {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view signature = "LPKSHHRH";
constexpr std::size_t header_size_at = 88;
constexpr std::size_t arena_size_at = 96;
constexpr std::size_t least_header = 208;  // that of the first version
constexpr std::size_t most_files = 10000;

std::uint64_t little_endian(std::span<const std::uint8_t> bytes) noexcept {
    constexpr unsigned bits = 8;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) {
        value |= std::uint64_t{bytes[i]} << (bits * i);
    }
    return value;
}

void note(std::string& first, const std::string& path) {
    if (first.empty()) {
        first = path;
    }
}

void look_at_file(const std::string& path, file_summary& into) {
    const collecting::descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat status{};
    if (!fd || ::fstat(fd.number(), &status) != 0) {
        if (errno == EACCES || errno == EPERM) {
            ++into.denied;
            note(into.first_denied, path);
        }
        return;  // or it has just been vacuumed
    }
    std::array<std::uint8_t, least_header> head{};
    const ssize_t got = ::pread(fd.number(), head.data(), head.size(), 0);
    const std::size_t size = got > 0 ? static_cast<std::size_t>(got) : 0;
    if (judge_header(std::span(head).first(size), static_cast<std::uint64_t>(status.st_size)) != file_state::usable) {
        ++into.corrupt;
        note(into.first_corrupt, path);
    } else {
        ++(path.ends_with('~') ? into.set_aside : into.usable);
    }
}

bool is_journal_name(std::string_view name) noexcept {
    return name.ends_with(".journal") || name.ends_with(".journal~");
}

// A machine's directory is called by its id; that of a namespace by the id, a dot and the namespace.
bool is_of(std::string_view name_space, const fs::path& directory) {
    const std::string name = directory.filename().string();
    const std::size_t dot = name.find('.');
    return (dot == std::string::npos ? std::string_view{} : std::string_view(name).substr(dot + 1)) == name_space;
}

// Enters no further directory without `entered`.
void look_in(const std::string& directory, std::optional<std::string_view> entered, std::size_t& left,
             file_summary& into) {
    std::error_code problem;
    fs::directory_iterator entry(directory, problem);
    if (problem == std::errc::permission_denied) {
        ++into.denied;
        note(into.first_denied, directory);
    }
    for (; !problem && entry != fs::directory_iterator{} && left > 0; entry.increment(problem)) {
        const std::string path = entry->path().string();
        std::error_code ignored;
        if (is_journal_name(path)) {
            --left;
            look_at_file(path, into);
        } else if (entered && entry->is_directory(ignored) && is_of(*entered, entry->path())) {
            look_in(path, std::nullopt, left, into);
        }
    }
}

}  // namespace

file_state judge_header(std::span<const std::uint8_t> head, std::uint64_t size) noexcept {
    if (head.size() < least_header || !std::equal(signature.begin(), signature.end(), head.begin())) {
        return file_state::corrupt;
    }
    const std::uint64_t header = little_endian(head.subspan(header_size_at));
    const std::uint64_t arena = little_endian(head.subspan(arena_size_at));
    return header < least_header || header > size || arena > size - header ? file_state::corrupt : file_state::usable;
}

std::vector<std::string> journal_directories(const journal_options& of) {
    if (!of.directory.empty()) {
        return {of.directory};
    }
    std::vector<std::string> all;
    if (of.storage != journal_storage::persistent) {
        all.emplace_back("/run/log/journal");
    }
    if (of.storage != journal_storage::runtime) {
        all.emplace_back("/var/log/journal");
    }
    return all;
}

file_summary survey(const std::vector<std::string>& directories, std::string_view name_space) {
    file_summary found;
    std::size_t left = most_files;
    for (const std::string& each : directories) {
        look_in(each, name_space, left, found);
    }
    return found;
}

}  // namespace sonde::systemd
