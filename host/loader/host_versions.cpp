// SPDX-License-Identifier: Apache-2.0
#include "loader/host_versions.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include <link.h>

#include "support/file.hpp"

namespace sonde::loader {

namespace {

constexpr std::uint64_t largest_library = 64u << 20;

struct search {
    const std::string* soname;
    std::string path;
};

int visit(dl_phdr_info* info, std::size_t, void* data) {
    auto* wanted = static_cast<search*>(data);
    const std::filesystem::path path = info->dlpi_name;
    if (path.filename() == *wanted->soname) {
        wanted->path = path;
        return 1;
    }
    return 0;
}

std::vector<std::string> read_definitions(const std::string& library) {
    search wanted{&library, {}};
    ::dl_iterate_phdr(&visit, &wanted);
    if (wanted.path.empty()) {
        return {};
    }
    const auto bytes = support::read_file(wanted.path, largest_library);
    if (!bytes) {
        return {};  // then the dynamic linker has the last word
    }
    auto parsed = elf_file::parse(*bytes);
    return parsed ? std::move(parsed->version_definitions) : std::vector<std::string>{};
}

// "GLIBC_2.36" and "GLIBC_2.4" are one family; "GLIBC_PRIVATE" is none.
bool is_same_family(std::string_view one, std::string_view other) {
    const std::size_t size = one.find('_') + 1;
    return size != 0 && one.size() > size && one.substr(0, size) == other.substr(0, size) && one[size] >= '0' &&
           one[size] <= '9';
}

}  // namespace

const std::vector<std::string>* host_versions::definitions(const std::string& library) {
    auto found = known_.find(library);
    if (found == known_.end()) {
        found = known_.emplace(library, read_definitions(library)).first;
    }
    return found->second.empty() ? nullptr : &found->second;
}

offered host_versions::offers(const version_need& need) {
    const auto* defined = definitions(need.library);
    if (defined == nullptr) {
        return offered::unknown;
    }
    return std::find(defined->begin(), defined->end(), need.version) != defined->end() ? offered::yes : offered::no;
}

std::string host_versions::newest_like(const version_need& need) {
    std::string newest;
    if (const auto* defined = definitions(need.library)) {
        for (const std::string& each : *defined) {
            if (is_same_family(each, need.version) && ::strverscmp(each.c_str(), newest.c_str()) > 0) {
                newest = each;
            }
        }
    }
    return newest.empty() ? "no such version of " + need.library : newest;
}

}  // namespace sonde::loader
