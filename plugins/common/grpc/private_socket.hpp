// SPDX-License-Identifier: Apache-2.0
// A unix socket that only its owner may use, from its first moment on: it is bound in a directory of its own and moved
// to its place when its mode is right. What a dead process left there is replaced; a live one's is not.
#pragma once

#include <sys/types.h>

#include <string>

#include <sonde/result.hpp>

namespace sonde::common::grpc {

class private_socket {
public:
    [[nodiscard]] static result<private_socket> prepare(std::string path);
    private_socket(private_socket&& other) noexcept;
    private_socket& operator=(private_socket&&) = delete;
    // Removes the socket, unless somebody else has put theirs in its place.
    ~private_socket();

    // Where to bind.
    [[nodiscard]] std::string binding_path() const { return directory_ + "/s"; }
    // It has been bound: to its place, with mode 0600.
    [[nodiscard]] result<void> publish();

private:
    private_socket(std::string path, std::string directory)
        : path_(std::move(path)), directory_(std::move(directory)) {}

    std::string path_;
    std::string directory_;
    ino_t inode_ = 0;  // zero: not published
};

}  // namespace sonde::common::grpc
