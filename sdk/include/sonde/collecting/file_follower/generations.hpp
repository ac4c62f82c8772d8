// SPDX-License-Identifier: Apache-2.0
// The files beside a log that are its older generations, by their names: NAME.1, NAME-20261121, NAME.old,
// STEM-2026-11-21T10-00-00.000.EXT and the like. Compressed ones are not among them.
// Part of the follower.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

#include <sonde/collecting/descriptor.hpp>

namespace sonde::collecting::file_follower {

struct generation {
    std::string path;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::uint64_t modified = 0;  // nanoseconds
    descriptor fd;               // open, whatever happens to the name; empty if it cannot be opened
};

[[nodiscard]] generation describe(std::string path, const struct stat& of);

// Is `candidate` a name that rotation gives to files called `name`?
[[nodiscard]] bool is_older_generation(std::string_view name, std::string_view candidate) noexcept;

struct survey {
    std::vector<generation> older;  // oldest first
    std::optional<generation> live;
};
// All generations of a file. Names move while it looks: it looks again until it has seen the same twice, a few times.
// Takes in no more than 10,000 names, and of the older ones the 64 newest.
[[nodiscard]] survey look_at(const std::string& path);

[[nodiscard]] std::string directory_of(const std::string& path);

}  // namespace sonde::collecting::file_follower
