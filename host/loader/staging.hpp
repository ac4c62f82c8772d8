// SPDX-License-Identifier: Apache-2.0
// A private directory with the exact bytes that were checked, each file named by its digest. The dynamic linker gets
// these copies: nobody can change them between check and load or truncate them later, and a new content always has a
// new name and inode, so the linker's cache of names can never answer with old code.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <sonde/result.hpp>

#include "support/fd.hpp"

namespace sonde::loader {

class staging final {
public:
    // Makes `path` with mode 0700 and removes what an earlier run left there. An empty path makes a temporary
    // directory, which is removed with this object; loaded code stays mapped all the same.
    [[nodiscard]] static result<std::unique_ptr<staging>> open(const std::filesystem::path& path);
    ~staging();
    staging(const staging&) = delete;
    staging& operator=(const staging&) = delete;

    // Path of a file with exactly these bytes, whose SHA-256 is `digest`.
    [[nodiscard]] result<std::filesystem::path> put(const std::string& digest, std::string_view bytes);

private:
    staging(std::filesystem::path path, support::unique_fd fd, bool is_temporary);
    void remove_all() noexcept;
    [[nodiscard]] bool holds(const std::string& name, const std::string& digest) const;

    std::filesystem::path path_;
    support::unique_fd fd_;
    bool is_temporary_;
};

}  // namespace sonde::loader
