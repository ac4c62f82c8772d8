// SPDX-License-Identifier: Apache-2.0
#include "cni/files.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <sonde/collecting/descriptor.hpp>

namespace sonde::cni {

std::optional<file_text> read_file(const std::string& path, std::size_t limit) {
    const collecting::descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd) {
        return std::nullopt;
    }
    file_text read;
    while (read.text.size() <= limit) {
        constexpr std::size_t piece = 16U << 10U;
        const std::size_t before = read.text.size();
        read.text.resize(before + piece);
        const ssize_t got = ::read(fd.number(), read.text.data() + before, piece);
        read.text.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
        if (got == 0) {
            break;
        }
        if (got < 0 && errno != EINTR) {
            return std::nullopt;
        }
    }
    read.is_truncated = read.text.size() > limit;
    read.text.resize(std::min(read.text.size(), limit));
    return read;
}

std::vector<std::string> read_directory(const std::string& path, std::size_t limit, std::uint64_t& left_out) {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(path.c_str()), &::closedir);
    while (open != nullptr) {
        const dirent* const entry = ::readdir(open.get());
        if (entry == nullptr) {
            break;
        }
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..") {
            continue;
        }
        if (names.size() < limit) {
            names.emplace_back(name);
        } else {
            ++left_out;
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace sonde::cni
