// SPDX-License-Identifier: Apache-2.0
#include "run/run_dir.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "support/fd.hpp"

namespace sonde::run {

namespace {

constexpr std::string_view staging_prefix = "staging-";

}  // namespace

std::filesystem::path staging_in(const std::string& run_dir, pid_t owner) {
    return std::filesystem::path(run_dir) / fmt::format("{}{}", staging_prefix, owner);
}

result<void> make_run_dir(const std::string& run_dir) {
    if (::mkdir(run_dir.c_str(), 0700) != 0 && errno != EEXIST) {
        return fail(errc::failed,
                    fmt::format("cannot make the run directory: {}; set [host] run_dir", std::strerror(errno)),
                    run_dir);
    }
    const support::unique_fd dir(::open(run_dir.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat info{};
    if (!dir || ::fstat(dir.value(), &info) != 0) {
        return fail(errc::failed,
                    fmt::format("cannot open the run directory: {}; set [host] run_dir", std::strerror(errno)),
                    run_dir);
    }
    if ((info.st_uid != 0 && info.st_uid != ::geteuid()) || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return fail(errc::denied,
                    fmt::format("others could put code into the run directory (it belongs to user {}, mode {:04o}); "
                                "chmod go-w it, or set [host] run_dir",
                                info.st_uid, info.st_mode & 07777u),
                    run_dir);
    }
    return {};
}

void remove_stale_staging(const std::string& run_dir) {
    std::error_code ignored;  // tidying up is no reason to fail
    std::vector<std::filesystem::path> stale;
    for (const auto& each : std::filesystem::directory_iterator(run_dir, ignored)) {
        const std::string name = each.path().filename();
        pid_t owner = 0;
        const char* const end = name.data() + name.size();
        if (name.starts_with(staging_prefix) &&
            std::from_chars(name.data() + staging_prefix.size(), end, owner).ptr == end && owner > 0 &&
            ::kill(owner, 0) != 0 && errno == ESRCH) {
            stale.push_back(each.path());
        }
    }
    for (const auto& each : stale) {
        std::filesystem::remove_all(each, ignored);
    }
}

}  // namespace sonde::run
