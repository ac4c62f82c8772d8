// SPDX-License-Identifier: Apache-2.0
// Owner of one file descriptor, closed by the destructor. Without one it is empty.
#pragma once

#include <unistd.h>

#include <utility>

namespace sonde::collecting {

class descriptor {
public:
    descriptor() = default;
    // Takes over what open() and the like returned; negative: empty.
    explicit descriptor(int fd) noexcept : fd_(fd) {}
    descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~descriptor() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }
    // Still owned here; -1 if empty.
    [[nodiscard]] int number() const noexcept { return fd_; }

private:
    int fd_ = -1;
};

}  // namespace sonde::collecting
