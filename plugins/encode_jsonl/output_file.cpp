// SPDX-License-Identifier: Apache-2.0
#include "encode_jsonl/output_file.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace sonde::encode_jsonl {
namespace {

// Keeps SIGPIPE from ending the process while a stream is written, as MSG_NOSIGNAL does for sockets, and takes the
// signal away that the write caused. Free of effect where SIGPIPE is blocked already, as in the host.
class pipe_signal_guard final {
public:
    pipe_signal_guard() {
        ::sigemptyset(&pipe_);
        ::sigaddset(&pipe_, SIGPIPE);
        sigset_t pending;
        ::sigpending(&pending);
        was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    ~pipe_signal_guard() {
        const int kept = errno;
        const timespec at_once{};
        if (!was_pending_ && ::sigismember(&before_, SIGPIPE) == 0) {
            while (::sigtimedwait(&pipe_, nullptr, &at_once) == -1 && errno == EINTR) {
            }
        }
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
        errno = kept;
    }
    pipe_signal_guard(const pipe_signal_guard&) = delete;
    pipe_signal_guard& operator=(const pipe_signal_guard&) = delete;

private:
    sigset_t pipe_{};
    sigset_t before_{};
    bool was_pending_ = false;
};

std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

}  // namespace

failure failure_of(int code, std::string_view doing, std::string_view path) {
    const auto text = [&](std::string_view what) { return fmt::format("{} {}: {}", doing, path, what); };
    switch (code) {
    case ENOSPC: return {"disk_full", text("the disk is full; free some space")};
    case EDQUOT: return {"disk_full", text("the disk quota is used up; free some space or raise the quota")};
    case EFBIG: return {"disk_full", text("the file has reached its size limit; set rotate_bytes below it")};
    case EPIPE: return {"closed_pipe", text("the reader is gone")};
    case EIO: return {"io_error", text("input/output error; check the disk")};
    case ELOOP: return {"not_permitted", text("it is a symbolic link; give the path of the file itself")};
    case EISDIR: return {"not_permitted", text("it is a directory; give the path of a file")};
    case EROFS: return {"not_permitted", text("the file system is read-only")};
    case EACCES:
    case EPERM: return {"not_permitted", text("permission denied; let the user that sonde runs as write there")};
    case ENOENT: return {"unavailable", text("its directory does not exist; create it")};
    case ENXIO: return {"unavailable", text("nobody reads from this pipe")};
    default: return {"unavailable", text(std::strerror(code))};
    }
}

output_file::output_file(std::string path, mode_t mode, file_calls& calls)
    : path_(std::move(path)), mode_(mode), calls_(&calls) {}

output_file::~output_file() { close(); }

void output_file::close() noexcept {
    if (fd_ >= 0 && path_ != "-") {
        ::close(fd_);
    }
    fd_ = -1;
}

outcome output_file::open() {
    close();
    if (path_ == "-") {
        fd_ = STDOUT_FILENO;
    } else if (auto opened = open_path(); !opened) {
        return opened;
    }
    if (auto known = inspect(); !known) {
        close();
        return known;
    }
    if (auto ended = end_last_line(); !ended) {
        close();
        return ended;
    }
    return {};
}

outcome output_file::open_path() {
    // O_NONBLOCK: a named pipe without a reader is refused at once, and one with a slow reader does not hold us up.
    constexpr int flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    fd_ = ::open(path_.c_str(), flags, mode_);
    if (fd_ < 0) {
        return std::unexpected(failure_of(errno, "opening", path_));
    }
    return {};
}

outcome output_file::inspect() {
    struct stat found{};
    if (::fstat(fd_, &found) != 0) {
        return std::unexpected(failure_of(errno, "looking at", path_));
    }
    is_regular_ = S_ISREG(found.st_mode);
    device_ = found.st_dev;
    inode_ = found.st_ino;
    size_ = is_regular_ ? static_cast<std::uint64_t>(found.st_size) : 0;
    return {};
}

outcome output_file::end_last_line() {
    if (!is_owned() || size_ == 0) {
        return {};
    }
    const int reading = ::open(path_.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (reading < 0) {
        return {};  // writable but not readable: nothing can be known of its last line
    }
    char last = '\n';
    const ssize_t got = ::pread(reading, &last, 1, static_cast<off_t>(size_) - 1);
    ::close(reading);
    if (got != 1 || last == '\n') {
        return {};
    }
    if (auto ended = write("\n"); ended.problem) {
        return std::unexpected(*ended.problem);
    }
    return {};
}

bool output_file::was_replaced() {
    if (!is_owned()) {
        return false;
    }
    struct stat found{};
    if (::lstat(path_.c_str(), &found) != 0) {
        return errno == ENOENT;  // otherwise nothing can be known, and the open file is still good
    }
    if (found.st_dev != device_ || found.st_ino != inode_) {
        return true;
    }
    size_ = static_cast<std::uint64_t>(found.st_size);
    return false;
}

output_file::written output_file::write(std::string_view text) {
    return is_regular_ ? write_regular(text) : write_stream(text);
}

output_file::written output_file::write_regular(std::string_view text) {
    written done;
    while (done.bytes < text.size()) {
        const ssize_t count = calls_->write(fd_, text.data() + done.bytes, text.size() - done.bytes);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            done.problem = failure_of(count == 0 ? ENOSPC : errno, "writing", path_);
            return done;
        }
        done.bytes += static_cast<std::size_t>(count);
        size_ += static_cast<std::uint64_t>(count);
    }
    return done;
}

// A stream that takes PIPE_BUF bytes takes them without blocking once poll says so, even if the descriptor blocks.
output_file::written output_file::write_stream(std::string_view text) {
    const pipe_signal_guard guard;
    const auto until = std::chrono::steady_clock::now() + stall_limit;
    written done;
    while (done.bytes < text.size()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        pollfd ready{fd_, POLLOUT, 0};
        const int polled = calls_->poll(&ready, left.count() > 0 ? static_cast<int>(left.count()) : 0);
        if (polled < 0 && errno == EINTR) {
            continue;
        }
        const std::size_t size = std::min<std::size_t>(text.size() - done.bytes, PIPE_BUF);
        const ssize_t count = polled > 0 ? calls_->write(fd_, text.data() + done.bytes, size) : 0;
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (polled == 0 || (count < 0 && errno == EAGAIN)) {
            if (done.bytes == 0) {
                done.problem = failure{"stalled", fmt::format("writing {}: the reader takes nothing", path_)};
            }
            return done;
        }
        if (polled < 0 || count < 0) {
            done.problem = failure_of(errno, "writing", path_);
            return done;
        }
        done.bytes += static_cast<std::size_t>(count);
    }
    return done;
}

bool output_file::cut_back(std::uint64_t bytes) {
    struct stat found{};
    if (!is_owned() || bytes > size_ || ::fstat(fd_, &found) != 0 ||
        static_cast<std::uint64_t>(found.st_size) != size_ ||
        calls_->truncate(fd_, static_cast<off_t>(size_ - bytes)) != 0) {
        return false;
    }
    size_ -= bytes;
    return true;
}

outcome output_file::sync() {
    if (is_open() && is_regular_ && calls_->sync(fd_) != 0) {
        return std::unexpected(failure_of(errno, "syncing", path_));
    }
    return {};
}

outcome output_file::sync_directory() const {
    if (!is_owned()) {
        return {};
    }
    const std::string directory = directory_of(path_);
    const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return std::unexpected(failure_of(errno, "opening", directory));
    }
    const int synced = calls_->sync(fd);
    const int code = errno;
    ::close(fd);
    if (synced != 0) {
        return std::unexpected(failure_of(code, "syncing", directory));
    }
    return {};
}

std::string output_file::numbered(unsigned number) const { return fmt::format("{}.{}", path_, number); }

outcome output_file::rotate(unsigned keep) {
    // Only files below the first free number have to move: after a failure in between nothing is pushed out twice.
    unsigned free = 1;
    struct stat found{};
    while (free < keep && ::lstat(numbered(free).c_str(), &found) == 0) {
        ++free;
    }
    for (unsigned to = free; to > 1; --to) {
        if (std::rename(numbered(to - 1).c_str(), numbered(to).c_str()) != 0) {
            return std::unexpected(failure_of(errno, "rotating", numbered(to - 1)));
        }
    }
    if (std::rename(path_.c_str(), numbered(1).c_str()) != 0) {
        return std::unexpected(failure_of(errno, "rotating", path_));
    }
    return open();
}

}  // namespace sonde::encode_jsonl
