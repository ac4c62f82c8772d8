// SPDX-License-Identifier: Apache-2.0
// A plugin file's bytes, taken so that what was checked is what will be loaded: opened relative to a checked
// directory, never through a symbolic link, and looked at through the descriptor only.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loader/refusal.hpp"
#include "support/fd.hpp"

namespace sonde::loader {

struct candidate {
    std::filesystem::path file;
    std::string bytes;
    std::string digest;               // SHA-256, hex
    std::int64_t changed = 0;         // its change time in ns
    std::vector<refusal> objections;  // owner and permissions
};

// A plugin directory, reached from "/" one component at a time; links are followed by hand, so that every directory on
// the way is looked at. What makes it unsafe goes to `objections`.
struct directory {
    std::filesystem::path path;
    support::unique_fd fd;
    std::vector<refusal> objections;

    // The names of `is_plugin_name`, sorted.
    [[nodiscard]] std::expected<std::vector<std::string>, refusal> plugin_names() const;
};

// What a file's content cannot change without: as long as it is equal, the file need not be read again.
struct file_mark {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t changed = 0;  // its change time in ns
    bool operator==(const file_mark&) const = default;
};
// Nothing if there is no regular file of that name.
[[nodiscard]] std::optional<file_mark> mark_of(const directory& in, const std::string& name);

// `subject` is the file that refusals name.
[[nodiscard]] std::expected<directory, refusal> open_directory(const std::filesystem::path& path,
                                                               const std::string& subject);

[[nodiscard]] std::expected<candidate, refusal> open_candidate(const directory& in, const std::string& name,
                                                               std::uint64_t size_limit);

}  // namespace sonde::loader
