// SPDX-License-Identifier: Apache-2.0
#include "loader/candidate.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "loader/loader.hpp"
#include "support/digest.hpp"
#include "support/file.hpp"

namespace sonde::loader {

namespace {

constexpr int most_links = 40;  // as the kernel

const char* const safe_offer = "this host loads only what nobody but root and its own user can change";

refusal unreadable(const std::string& file, int error) {
    return {file, reason::unreadable, fmt::format("it cannot be read: {}", std::strerror(error)), "",
            error == EACCES ? fmt::format("make it readable for user {}: chmod a+r {}", ::geteuid(), file)
                            : "see that it exists and can be read"};
}

bool is_foreign(const struct stat& of) { return of.st_uid != 0 && of.st_uid != ::geteuid(); }

std::string mode_text(const struct stat& of) { return fmt::format("{:04o}", of.st_mode & 07777u); }

// Why somebody else could put files into this directory.
std::optional<refusal> check_directory(const struct stat& of, const std::string& path, const std::string& subject) {
    if ((of.st_mode & S_IWOTH) != 0 && (of.st_mode & S_ISVTX) != 0) {
        return refusal{subject, reason::unsafe_directory,
                       fmt::format("the directory {} is a place for temporary files that everybody can write to", path),
                       safe_offer, "install plugins in a directory of their own, such as /usr/lib/sonde/plugins"};
    }
    if ((of.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return refusal{subject, reason::unsafe_directory,
                       fmt::format("the directory {} is writable for {} (mode {})", path,
                                   (of.st_mode & S_IWOTH) != 0 ? "everybody" : "its group", mode_text(of)),
                       safe_offer, fmt::format("chmod go-w {}", path)};
    }
    if (is_foreign(of)) {
        return refusal{subject, reason::unsafe_directory,
                       fmt::format("the directory {} belongs to user {}", path, of.st_uid), safe_offer,
                       fmt::format("chown root {}", path)};
    }
    return std::nullopt;
}

std::optional<refusal> check_file_mode(const struct stat& of, const std::string& file) {
    if ((of.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return refusal{file, reason::unsafe_permissions,
                       fmt::format("it is writable for {} (mode {})",
                                   (of.st_mode & S_IWOTH) != 0 ? "everybody" : "its group", mode_text(of)),
                       safe_offer, fmt::format("chmod go-w {}", file)};
    }
    if (is_foreign(of)) {
        return refusal{file, reason::unsafe_permissions, fmt::format("it belongs to user {}", of.st_uid), safe_offer,
                       fmt::format("chown root {}", file)};
    }
    return std::nullopt;
}

refusal not_regular(const std::string& file, mode_t mode) {
    if (S_ISLNK(mode)) {
        return {file, reason::symlink, "it is a symbolic link", "this host loads regular files only",
                "copy the plugin itself into the directory"};
    }
    const char* kind = S_ISDIR(mode) ? "a directory" : S_ISFIFO(mode) ? "a named pipe" : "not a regular file";
    return {file, reason::not_regular, fmt::format("it is {}", kind), "this host loads regular files only",
            "remove it from the plugin directory"};
}

// The walk from "/" to a directory.
class walk final {
public:
    explicit walk(const std::filesystem::path& to) { push(to); }

    // The opened directory or an errno. Every directory on the way is reported to `visit(stat, path)`.
    template <class Visit>
    std::expected<support::unique_fd, int> run(Visit&& visit) {
        support::unique_fd at(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
        std::filesystem::path path = "/";
        struct stat info{};
        while (at) {
            if (::fstat(at.value(), &info) != 0) {
                return std::unexpected(errno);
            }
            visit(info, path);
            if (rest_.empty()) {
                support::unique_fd opened(::openat(at.value(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
                return opened ? std::expected<support::unique_fd, int>(std::move(opened)) : std::unexpected(errno);
            }
            if (const int error = step(at, path); error != 0) {
                return std::unexpected(error);
            }
        }
        return std::unexpected(errno);
    }

private:
    void push(const std::filesystem::path& more) {
        std::vector<std::string> parts;
        for (const auto& part : more.relative_path()) {
            if (!part.empty() && part != ".") {
                parts.push_back(part);
            }
        }
        rest_.insert(rest_.end(), parts.rbegin(), parts.rend());
    }

    // Goes one component further, or replaces it by what it links to.
    int step(support::unique_fd& at, std::filesystem::path& path) {
        const std::string name = std::move(rest_.back());
        rest_.pop_back();
        support::unique_fd next(::openat(at.value(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
        struct stat info{};
        if (!next || ::fstat(next.value(), &info) != 0) {
            return errno;
        }
        if (!S_ISLNK(info.st_mode)) {
            path = name == ".." ? path.parent_path() : path / name;
            at = std::move(next);
            return S_ISDIR(info.st_mode) ? 0 : ENOTDIR;
        }
        if (++links_ > most_links) {
            return ELOOP;
        }
        std::string target(PATH_MAX, '\0');
        const auto size = ::readlinkat(next.value(), "", target.data(), target.size());
        if (size < 0) {
            return errno;
        }
        target.resize(static_cast<std::size_t>(size));
        if (target.starts_with('/')) {
            at.reset(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
            path = "/";
        }
        push(target);
        return 0;
    }

    std::vector<std::string> rest_;  // components still to go, last one first
    int links_ = 0;
};

std::int64_t change_time(const struct stat& of) {
    return std::int64_t{of.st_ctim.tv_sec} * 1'000'000'000 + of.st_ctim.tv_nsec;
}

}  // namespace

std::expected<directory, refusal> open_directory(const std::filesystem::path& path, const std::string& subject) {
    directory found{path, {}, {}};
    auto opened = walk(std::filesystem::absolute(path)).run([&](const struct stat& info, const auto& at) {
        auto unsafe = check_directory(info, at, subject);
        // A link leads through a directory twice.
        const auto is_same = [&](const refusal& known) { return known.text == unsafe->text; };
        if (unsafe && std::none_of(found.objections.begin(), found.objections.end(), is_same)) {
            found.objections.push_back(std::move(*unsafe));
        }
    });
    if (!opened) {
        return std::unexpected(unreadable(subject, opened.error()));
    }
    found.fd = std::move(*opened);
    return found;
}

std::expected<std::vector<std::string>, refusal> directory::plugin_names() const {
    const int copy = ::openat(fd.value(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> list(copy < 0 ? nullptr : ::fdopendir(copy), &::closedir);
    if (!list) {
        return std::unexpected(unreadable(path, errno));
    }
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(list.get())) {
        if (is_plugin_name(entry->d_name)) {
            names.emplace_back(entry->d_name);
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::optional<file_mark> mark_of(const directory& in, const std::string& name) {
    struct stat info{};
    if (::fstatat(in.fd.value(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode)) {
        return std::nullopt;
    }
    return file_mark{info.st_dev, info.st_ino, info.st_size, change_time(info)};
}

std::expected<candidate, refusal> open_candidate(const directory& in, const std::string& name,
                                                 std::uint64_t size_limit) {
    candidate taken;
    taken.file = in.path / name;
    const std::string& file = taken.file.native();
    struct stat info{};
    // Asked first because opening a device or a pipe can have effects or block.
    if (::fstatat(in.fd.value(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
        return std::unexpected(unreadable(file, errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return std::unexpected(not_regular(file, info.st_mode));
    }
    const support::unique_fd fd(::openat(in.fd.value(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!fd || ::fstat(fd.value(), &info) != 0) {
        return std::unexpected(errno == ELOOP ? not_regular(file, S_IFLNK) : unreadable(file, errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return std::unexpected(not_regular(file, info.st_mode));
    }
    if (auto unsafe = check_file_mode(info, file)) {
        taken.objections.push_back(std::move(*unsafe));
    }
    if (static_cast<std::uint64_t>(info.st_size) > size_limit) {
        return std::unexpected(refusal{file, reason::too_large, fmt::format("it has {} bytes", info.st_size),
                                       fmt::format("this host reads plugins of at most {} bytes", size_limit),
                                       "strip it: debug information belongs in a file of its own"});
    }
    auto bytes = support::read_all(fd.value(), size_limit);
    auto digest = bytes ? support::sha256(*bytes) : result<std::string>(std::unexpected(bytes.error()));
    if (!digest) {
        return std::unexpected(refusal{file, reason::unreadable, digest.error().message(), "", "try again"});
    }
    taken.bytes = std::move(*bytes);
    taken.digest = std::move(*digest);
    taken.changed = change_time(info);
    return taken;
}

}  // namespace sonde::loader
