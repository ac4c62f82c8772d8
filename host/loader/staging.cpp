// SPDX-License-Identifier: Apache-2.0
#include "loader/staging.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "support/digest.hpp"

namespace sonde::loader {

namespace {

constexpr std::string_view staged_suffix = ".so";
constexpr std::string_view partial_name = "partial";

std::unexpected<error> system_failure(std::string_view doing, const std::filesystem::path& path) {
    const int number = errno;
    return fail(errc::failed, fmt::format("{}: {}", doing, std::strerror(number)), path);
}

bool is_ours(std::string_view name) {
    return name == partial_name || (name.size() == 64 + staged_suffix.size() && name.ends_with(staged_suffix));
}

result<void> write_all(int fd, std::string_view bytes, const std::filesystem::path& path) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            return system_failure("writing the private copy of a plugin", path);
        }
        bytes.remove_prefix(static_cast<std::size_t>(written > 0 ? written : 0));
    }
    return {};
}

result<std::filesystem::path> make_temporary() {
    std::error_code ignored;
    std::filesystem::path base = std::filesystem::temp_directory_path(ignored);
    std::string pattern = (base.empty() ? std::filesystem::path("/tmp") : base) / "sonde-plugins-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) {
        return system_failure("making a temporary directory for plugins", pattern);
    }
    return std::filesystem::path(pattern);
}

}  // namespace

result<std::unique_ptr<staging>> staging::open(const std::filesystem::path& path) {
    std::filesystem::path place = path;
    if (path.empty()) {
        auto made = make_temporary();
        if (!made) {
            return std::unexpected(std::move(made.error()));
        }
        place = std::move(*made);
    } else {
        std::error_code failed;
        std::filesystem::create_directories(path.parent_path(), failed);
        if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
            return system_failure("making the private plugin directory", path);
        }
    }
    support::unique_fd fd(::open(place.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat info{};
    if (!fd || ::fstat(fd.value(), &info) != 0 || ::fchmod(fd.value(), 0700) != 0) {
        return system_failure("opening the private plugin directory", place);
    }
    if (info.st_uid != ::geteuid()) {
        return fail(errc::denied, "the private plugin directory belongs to somebody else; remove it", place);
    }
    std::unique_ptr<staging> opened(new staging(std::move(place), std::move(fd), path.empty()));
    opened->remove_all();
    return opened;
}

staging::staging(std::filesystem::path path, support::unique_fd fd, bool is_temporary)
    : path_(std::move(path)), fd_(std::move(fd)), is_temporary_(is_temporary) {}

staging::~staging() {
    if (is_temporary_) {
        remove_all();
        ::rmdir(path_.c_str());
    }
}

void staging::remove_all() noexcept {
    std::error_code failed;
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_, failed)) {
        if (is_ours(entry.path().filename().native())) {
            names.push_back(entry.path().filename());
        }
    }
    for (const std::string& name : names) {
        ::unlinkat(fd_.value(), name.c_str(), 0);
    }
}

bool staging::holds(const std::string& name, const std::string& digest) const {
    const support::unique_fd fd(::openat(fd_.value(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) {
        return false;
    }
    const auto found = support::sha256_of_file(fd.value());
    return found && *found == digest;
}

result<std::filesystem::path> staging::put(const std::string& digest, std::string_view bytes) {
    const std::string name = digest + std::string(staged_suffix);
    std::filesystem::path target = path_ / name;
    if (holds(name, digest)) {
        return target;
    }
    const std::string partial(partial_name);
    ::unlinkat(fd_.value(), partial.c_str(), 0);  // of an earlier call that failed
    const support::unique_fd fd(
        ::openat(fd_.value(), partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0500));
    if (!fd) {
        return system_failure("making the private copy of a plugin", target);
    }
    if (auto written = write_all(fd.value(), bytes, target); !written) {
        return std::unexpected(std::move(written.error()));
    }
    if (::renameat(fd_.value(), partial.c_str(), fd_.value(), name.c_str()) != 0) {
        return system_failure("naming the private copy of a plugin", target);
    }
    if (!holds(name, digest)) {
        return fail(errc::internal, "the private copy of a plugin differs from what was checked", target);
    }
    return target;
}

}  // namespace sonde::loader
