// SPDX-License-Identifier: Apache-2.0
#include <sonde/collecting/file_follower/generations.hpp>

#include <algorithm>
#include <cerrno>
#include <memory>

#include <dirent.h>
#include <fcntl.h>

namespace sonde::collecting::file_follower {
namespace {

constexpr int most_names = 10'000;
constexpr std::ptrdiff_t most_older = 64;
constexpr std::uint64_t nanoseconds_per_second = 1'000'000'000;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// What rotation puts into a name: a separator, and then a number or a time.
bool is_mark(std::string_view text) noexcept {
    constexpr std::string_view separators = ".-_";
    if (text.empty() || separators.find(text.front()) == std::string_view::npos) {
        return false;
    }
    const std::string_view word = text.substr(1);
    if (word == "old" || word == "bak" || word == "prev") {
        return true;
    }
    return std::any_of(word.begin(), word.end(), is_digit) &&
           word.find_first_not_of("0123456789.-_:+TZ") == std::string_view::npos;
}

// Of two that were written at the same time. With numbers NAME.2 is older than NAME.1; dates count the other way.
bool is_before(std::string_view a, std::string_view b, std::size_t name_size) noexcept {
    constexpr std::size_t date_size = 8;
    if (a.size() != b.size()) {
        return a.size() > b.size();
    }
    return a.size() >= name_size + date_size ? a < b : a > b;
}

survey look_once(const std::string& path) {
    survey seen;
    std::vector<generation>& found = seen.older;
    struct stat live{};
    if (::stat(path.c_str(), &live) == 0) {
        seen.live = describe(path, live);
    }
    const std::string directory = directory_of(path);
    const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
    const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(directory.c_str()), &::closedir);
    for (int i = 0; open != nullptr && i < most_names; ++i) {
        const dirent* const entry = ::readdir(open.get());
        if (entry == nullptr) {
            break;
        }
        struct stat of{};
        std::string candidate = directory + "/" + entry->d_name;
        if (is_older_generation(name, entry->d_name) && ::stat(candidate.c_str(), &of) == 0 && S_ISREG(of.st_mode)) {
            found.push_back(describe(std::move(candidate), of));
        }
    }
    std::sort(found.begin(), found.end(), [&path](const generation& a, const generation& b) {
        return a.modified != b.modified ? a.modified < b.modified : is_before(a.path, b.path, path.size());
    });
    if (std::ssize(found) > most_older) {
        found.erase(found.begin(), found.end() - most_older);
    }
    return seen;
}

// False if the name has moved on to another file.
bool open(generation& of) {
    of.fd = descriptor(::open(of.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat found{};
    return (!of.fd && errno != ENOENT) ||
           (of.fd && ::fstat(of.fd.number(), &found) == 0 && found.st_dev == of.device && found.st_ino == of.inode);
}

bool is_same(const generation& a, const generation& b) noexcept {
    return a.device == b.device && a.inode == b.inode && a.path == b.path;
}

bool is_same(const survey& a, const survey& b) {
    return a.live.has_value() == b.live.has_value() && (!a.live || is_same(*a.live, *b.live)) &&
           std::equal(a.older.begin(), a.older.end(), b.older.begin(), b.older.end(),
                      [](const generation& one, const generation& other) { return is_same(one, other); });
}

}  // namespace

generation describe(std::string path, const struct stat& of) {
    return {std::move(path),
            of.st_dev,
            of.st_ino,
            static_cast<std::uint64_t>(of.st_size),
            static_cast<std::uint64_t>(of.st_mtim.tv_sec) * nanoseconds_per_second +
                static_cast<std::uint64_t>(of.st_mtim.tv_nsec),
            {}};
}

bool is_older_generation(std::string_view name, std::string_view candidate) noexcept {
    if (candidate.size() <= name.size()) {
        return false;
    }
    if (candidate.starts_with(name)) {
        return is_mark(candidate.substr(name.size()));
    }
    const std::size_t dot = name.rfind('.');
    if (dot == 0 || dot == std::string_view::npos) {
        return false;
    }
    const std::string_view stem = name.substr(0, dot);
    const std::string_view extension = name.substr(dot);
    return candidate.starts_with(stem) && candidate.ends_with(extension) &&
           is_mark(candidate.substr(stem.size(), candidate.size() - name.size()));
}

std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

survey look_at(const std::string& path) {
    constexpr int most_looks = 32;
    survey seen = look_once(path);
    for (int i = 1; i < most_looks; ++i) {
        survey again = look_once(path);
        const bool is_stable = is_same(seen, again);
        seen = std::move(again);
        if (is_stable && std::all_of(seen.older.begin(), seen.older.end(), open) && (!seen.live || open(*seen.live))) {
            break;
        }
    }
    return seen;
}

}  // namespace sonde::collecting::file_follower
