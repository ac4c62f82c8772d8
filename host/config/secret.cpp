// SPDX-License-Identifier: Apache-2.0
#include "config/secret.hpp"

#include <cerrno>
#include <charconv>
#include <chrono>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "config/spelling.hpp"
#include "support/file.hpp"

namespace sonde::config {
namespace {

constexpr std::uint64_t size_limit = 64u << 10;
constexpr std::chrono::milliseconds pipe_patience{1000};

// Reads until the writer closes the pipe; gives up when the time is over, so a forgotten writer cannot hang the host.
[[nodiscard]] result<std::string> read_pipe(int fd) {
    const auto deadline = std::chrono::steady_clock::now() + pipe_patience;
    std::string content;
    while (content.size() <= size_limit) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd waiting{fd, POLLIN, 0};
        if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) == 0) {
            return fail(errc::timeout, "its writer did not close it within a second");
        }
        char buffer[4096];
        const ssize_t got = ::read(fd, buffer, sizeof buffer);
        if (got < 0 && errno != EINTR && errno != EAGAIN) {
            return fail(errc::failed, "cannot be read");
        }
        if (got == 0) {
            return content;
        }
        content.append(buffer, got > 0 ? static_cast<std::size_t>(got) : 0);
    }
    return fail(errc::exhausted, fmt::format("larger than the limit of {} bytes", size_limit));
}

[[nodiscard]] result<std::string> read_descriptor(std::string_view number) {
    int fd = -1;
    const char* end = number.data() + number.size();
    const auto [stopped, problem] = std::from_chars(number.data(), end, fd);
    if (problem != std::errc{} || stopped != end || fd <= STDERR_FILENO) {
        return fail(errc::invalid, "the descriptor must be a number above 2");
    }
    struct stat status{};
    if (::fstat(fd, &status) != 0) {
        return fail(errc::failed, "the descriptor is not open");
    }
    if (S_ISFIFO(status.st_mode)) {
        return read_pipe(fd);
    }
    if (!S_ISREG(status.st_mode)) {
        return fail(errc::invalid, "the descriptor is neither a file nor a pipe");
    }
    if (::lseek(fd, 0, SEEK_SET) != 0) {
        return fail(errc::failed, "the descriptor cannot be read from its start");
    }
    return support::read_all(fd, size_limit);
}

[[nodiscard]] result<std::string> read_reference(std::string_view reference, const environment& env) {
    if (reference.starts_with("file:/")) {
        auto content = support::read_file(std::string(reference.substr(5)), size_limit);
        if (!content) {
            content.error().where.clear();
        }
        return content;
    }
    if (reference.starts_with("env:")) {
        const auto found = env.find(reference.substr(4));
        return found == env.end() ? fail(errc::failed, "the environment variable is not set")
                                  : result<std::string>(found->second);
    }
    return read_descriptor(reference.substr(3));
}

}  // namespace

result<std::string> resolve_secret(std::string_view reference, const environment& env) {
    const bool is_reference =
        reference.starts_with("file:/") || reference.starts_with("env:") || reference.starts_with("fd:");
    if (!is_reference || reference.find('\0') != std::string_view::npos) {
        return fail(errc::invalid, "a secret is never written here; refer to it as file:/path, env:NAME or fd:N");
    }
    auto content = read_reference(reference, env);
    if (!content) {
        return fail(content.error(), fmt::format("cannot read the secret {}", shown(reference)));
    }
    if (content->ends_with('\n')) {
        content->pop_back();
    }
    if (content->ends_with('\r')) {
        content->pop_back();
    }
    if (content->empty()) {
        return fail(errc::invalid, fmt::format("the secret {} is empty", shown(reference)));
    }
    return content;
}

}  // namespace sonde::config
