// SPDX-License-Identifier: Apache-2.0
#include "common/http/token_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sonde::common::http {
namespace {

constexpr std::size_t longest_token = 64U << 10;

struct file {
    int fd;
    explicit file(const std::string& path) : fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
    file(const file&) = delete;
    file& operator=(const file&) = delete;
    ~file() {
        if (fd >= 0) {
            ::close(fd);
        }
    }
};

result<std::string> read_all(int fd, const std::string& path) {
    std::string text(longest_token + 1, '\0');
    std::size_t size = 0;
    for (;;) {
        const ssize_t got = ::read(fd, text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return fail(errc::failed, "cannot read the token: " + std::string(::strerrordesc_np(errno)), path);
        }
        size += static_cast<std::size_t>(got);
        if (got == 0) {
            break;
        }
        if (size == text.size()) {
            return fail(errc::invalid, "the token is longer than 64 KiB", path);
        }
    }
    text.resize(size);
    return text;
}

}  // namespace

result<std::string> token_file::current() {
    const file opened(path_);
    struct stat seen{};
    if (opened.fd < 0 || ::fstat(opened.fd, &seen) != 0) {
        return fail(errc::denied, "cannot open the token: " + std::string(::strerrordesc_np(errno)), path_);
    }
    const version now{static_cast<std::uint64_t>(seen.st_ino),
                      std::int64_t{seen.st_mtim.tv_sec} * 1'000'000'000 + seen.st_mtim.tv_nsec, seen.st_size};
    if (is_known_ && now == version_) {
        return token_;
    }
    auto text = read_all(opened.fd, path_);
    if (!text) {
        return text;
    }
    const std::size_t begin = text->find_first_not_of(" \t\r\n");
    if (begin == std::string::npos) {
        return fail(errc::invalid, "the token file is empty", path_);
    }
    std::string token = text->substr(begin, text->find_last_not_of(" \t\r\n") - begin + 1);
    if (std::ranges::any_of(token, [](char c) { return c <= ' ' || c == '\x7f'; })) {
        return fail(errc::invalid, "the token holds blanks or control characters", path_);
    }
    token_ = std::move(token);
    version_ = now;
    is_known_ = true;
    return token_;
}

}  // namespace sonde::common::http
