// SPDX-License-Identifier: Apache-2.0
// A bearer token in a file that somebody else renews, such as the projected token of a service account. The file is
// looked at before each use and read again when it has changed, by rename or in place.
#pragma once

#include <cstdint>
#include <string>

#include <sonde/result.hpp>

namespace sonde::common::http {

class token_file {
public:
    explicit token_file(std::string path) : path_(std::move(path)) {}

    // The token as it is now. Fails if the file cannot be read or holds no token.
    [[nodiscard]] result<std::string> current();
    // Reads the file again at the next use, whatever its times say: the server refused the token.
    void distrust() noexcept { is_known_ = false; }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    // What tells one version of the file from the next.
    struct version {
        std::uint64_t inode = 0;
        std::int64_t changed = 0;  // ns
        std::int64_t size = 0;
        bool operator==(const version&) const = default;
    };

    std::string path_;
    std::string token_;
    version version_;
    bool is_known_ = false;
};

}  // namespace sonde::common::http
