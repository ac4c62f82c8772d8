// SPDX-License-Identifier: Apache-2.0
// The journal's files, judged by their headers. The library that reads them passes over files that it cannot use
// without a word; this finds them, so that somebody hears of it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "systemd/options.hpp"

namespace sonde::systemd {

enum class file_state : std::uint8_t {
    usable,
    corrupt,  // no journal file, or shorter than its header says
};

// Judges the first bytes of a journal file; `size` is that of the whole file. systemd documents the format as
// JOURNAL_FILE_FORMAT.
[[nodiscard]] file_state judge_header(std::span<const std::uint8_t> head, std::uint64_t size) noexcept;

struct file_summary {
    std::size_t usable = 0;
    std::size_t corrupt = 0;
    std::size_t set_aside = 0;  // *.journal~: journald found it unclean and began another
    std::size_t denied = 0;     // may not be read
    std::string first_corrupt;  // a path
    std::string first_denied;   // of a file or directory

    [[nodiscard]] std::size_t readable() const noexcept { return usable + set_aside; }
};

// Where the files of a journal are: the directory of the options, or this machine's.
[[nodiscard]] std::vector<std::string> journal_directories(const journal_options& of);

// Looks at the directories and at those in them that are of the namespace, as the library does; at most 10000 files.
[[nodiscard]] file_summary survey(const std::vector<std::string>& directories, std::string_view name_space);

}  // namespace sonde::systemd
