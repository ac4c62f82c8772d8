// SPDX-License-Identifier: Apache-2.0
// Which symbol versions the libraries of this process define, so that a plugin built on a newer distribution is told
// so before the dynamic linker says it in fewer words.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "loader/elf_file.hpp"

namespace sonde::loader {

enum class offered {
    yes,
    no,
    unknown,  // the library is not part of this process; the dynamic linker will know
};

// Reads each library's file at most once.
class host_versions final {
public:
    [[nodiscard]] offered offers(const version_need& need);
    // "GLIBC_2.36": the newest version of the same family that the library defines.
    [[nodiscard]] std::string newest_like(const version_need& need);

private:
    // Null if the library is not part of this process or defines no versions.
    [[nodiscard]] const std::vector<std::string>* definitions(const std::string& library);

    std::map<std::string, std::vector<std::string>> known_;
};

}  // namespace sonde::loader
