// SPDX-License-Identifier: Apache-2.0
// The system calls whose failures cannot be had from a real file at will: a test replaces them. All answer as the calls
// of the same name do, with errno.
#pragma once

#include <cstddef>

#include <poll.h>
#include <sys/types.h>
#include <unistd.h>

namespace sonde::encode_jsonl {

class file_calls {
public:
    virtual ~file_calls() = default;

    virtual ssize_t write(int fd, const void* data, std::size_t size) { return ::write(fd, data, size); }
    virtual int truncate(int fd, off_t size) { return ::ftruncate(fd, size); }
    virtual int sync(int fd) { return ::fdatasync(fd); }
    virtual int poll(pollfd* fd, int milliseconds) { return ::poll(fd, 1, milliseconds); }
};

}  // namespace sonde::encode_jsonl
