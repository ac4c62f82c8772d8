// SPDX-License-Identifier: Apache-2.0
#include <sonde/collecting/position_store/store.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sonde::collecting::position_store {
namespace {

constexpr mode_t file_mode = 0640;
constexpr mode_t directory_mode = 0750;

std::unexpected<error> refuse(std::string_view doing, const std::string& path) {
    const int code = errno;
    return fail(code == EACCES || code == EPERM || code == EROFS ? errc::denied : errc::failed,
                "cannot " + std::string(doing) + ": " + std::strerror(code), path);
}

result<std::string> read_all(int fd, const std::string& path) {
    std::string text;
    while (text.size() <= file_limit) {
        constexpr std::size_t piece = 64u << 10;
        const std::size_t before = text.size();
        text.resize(before + piece);
        const ssize_t got = ::read(fd, text.data() + before, piece);
        text.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
        if (got == 0) {
            break;
        }
        if (got < 0 && errno != EINTR) {
            return refuse("read it", path);
        }
    }
    return text;
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t put = ::write(fd, text.data(), text.size());
        if (put < 0 && errno != EINTR) {
            return false;
        }
        text.remove_prefix(put > 0 ? static_cast<std::size_t>(put) : 0);
    }
    return true;
}

bool sync_directory_of(const std::string& path) {
    const std::string directory = path.substr(0, path.rfind('/') + 1);
    const descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return fd && ::fsync(fd.number()) == 0;
}

}  // namespace

result<store> store::open(const std::string& directory, std::string_view name, durability how) {
    if (name.empty() || name.find('/') != std::string_view::npos || !is_key(name)) {
        return fail(errc::invalid, "the name of a file of positions consists of letters, digits and .:@_-",
                    std::string(name));
    }
    if (::mkdir(directory.c_str(), directory_mode) != 0 && errno != EEXIST) {
        return refuse("make the directory", directory);
    }
    const std::string path = directory + "/" + std::string(name) + ".positions";
    // The lock is a file of its own, since each save makes another file at `path`.
    const std::string lock_path = path + ".lock";
    descriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, file_mode));
    if (!lock) {
        return refuse("open it for writing", lock_path);
    }
    if (::flock(lock.number(), LOCK_EX | LOCK_NB) != 0) {
        return fail(errc::again, "another instance keeps its position there", path);
    }
    store made(path, std::move(lock), how);
    if (auto done = made.read(); !done) {
        return std::unexpected(done.error());
    }
    return made;
}

result<void> store::read() {
    const descriptor fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd) {
        return errno == ENOENT ? result<void>{} : refuse("open it", path_);
    }
    auto text = read_all(fd.number(), path_);
    if (!text) {
        return std::unexpected(text.error());
    }
    auto decoded = decode(*text);
    if (decoded) {
        all_ = std::move(*decoded);
        found_ = finding::earlier;
        return {};
    }
    const std::string aside = path_ + ".corrupt";
    if (std::rename(path_.c_str(), aside.c_str()) != 0) {
        return refuse("set the corrupt file aside", path_);
    }
    found_ = finding::corrupt;
    complaint_ = "the file of positions is corrupt (" + decoded.error().text + "); it is now " + aside;
    return {};
}

const std::string* store::find(std::string_view key) const {
    const auto at = all_.find(key);
    return at == all_.end() ? nullptr : &at->second;
}

result<void> store::set(std::string_view key, std::string_view value) {
    if (!is_key(key) || value.size() > value_limit) {
        return fail(errc::invalid, "not a position that can be kept", std::string(key));
    }
    if (const auto at = all_.find(key); at == all_.end()) {
        all_.emplace(key, value);
    } else if (at->second != value) {
        at->second = value;
    } else {
        return {};
    }
    is_changed_ = true;
    return {};
}

void store::erase(std::string_view key) {
    if (const auto at = all_.find(key); at != all_.end()) {
        all_.erase(at);
        is_changed_ = true;
    }
}

result<void> store::save() {
    if (!is_changed_) {
        return {};
    }
    const std::string text = encode(all_);
    if (text.size() > file_limit) {
        return fail(errc::exhausted, "too many positions for one file", path_);
    }
    const std::string next = path_ + ".new";
    {
        const descriptor fd(::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, file_mode));
        if (!fd || !write_all(fd.number(), text) || (how_ == durability::synced && ::fdatasync(fd.number()) != 0)) {
            return refuse("write it", next);
        }
    }
    if (std::rename(next.c_str(), path_.c_str()) != 0) {
        return refuse("replace it", path_);
    }
    if (how_ == durability::synced && !sync_directory_of(path_)) {
        return refuse("bring it to the disk", path_);
    }
    is_changed_ = false;
    return {};
}

}  // namespace sonde::collecting::position_store
