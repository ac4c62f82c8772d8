// SPDX-License-Identifier: Apache-2.0
#include "support/file.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include "support/fd.hpp"

namespace sonde::support {
namespace {

constexpr std::size_t chunk = 64u << 10;

[[nodiscard]] std::unexpected<error> system_failure(int number, std::string where = {}) {
    const auto code = number == EACCES || number == EPERM ? errc::denied : errc::failed;
    return fail(code, std::generic_category().message(number), std::move(where));
}

[[nodiscard]] std::unexpected<error> too_large(std::uint64_t limit) {
    return fail(errc::exhausted, fmt::format("larger than the limit of {} bytes", limit));
}

}  // namespace

result<std::string> read_all(int fd, std::uint64_t limit) {
    std::string content;
    for (;;) {
        const std::size_t size = content.size();
        content.resize(size + chunk);
        const ssize_t got = ::read(fd, content.data() + size, chunk);
        const int number = errno;
        content.resize(size + static_cast<std::size_t>(got > 0 ? got : 0));
        if (got < 0 && number != EINTR) {
            return system_failure(number);
        }
        if (content.size() > limit) {
            return too_large(limit);
        }
        if (got == 0) {
            return content;
        }
    }
}

result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit) {
    // Non-blocking, because opening a pipe would otherwise wait for its writer.
    const unique_fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd) {
        return system_failure(errno, path);
    }
    struct stat status{};
    if (::fstat(fd.value(), &status) != 0) {
        return system_failure(errno, path);
    }
    if (S_ISDIR(status.st_mode)) {
        return fail(errc::invalid, "is a directory; name a file", path);
    }
    if (!S_ISREG(status.st_mode)) {
        return fail(errc::invalid, "is not a regular file", path);
    }
    auto content = read_all(fd.value(), limit);
    if (!content) {
        content.error().where = path;
    }
    return content;
}

}  // namespace sonde::support
