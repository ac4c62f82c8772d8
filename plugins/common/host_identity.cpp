// SPDX-License-Identifier: Apache-2.0
#include "common/host_identity.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <utility>

#include <sys/utsname.h>
#include <unistd.h>

namespace sonde::common {
namespace {

std::string read_file(const std::string& path) {
    constexpr std::size_t largest_file = 64U << 10;
    std::ifstream file(path, std::ios::binary);
    std::string text(largest_file, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

std::string first_line(const std::string& path) {
    const std::string text = read_file(path);
    return text.substr(0, text.find('\n'));
}

std::string_view unquoted(std::string_view text) {
    const bool is_quoted =
        text.size() >= 2 && text.front() == text.back() && (text.front() == '"' || text.front() == '\'');
    return is_quoted ? text.substr(1, text.size() - 2) : text;
}

// "MemTotal:       16303944 kB"
std::uint64_t memory_total(std::string_view meminfo) {
    constexpr std::string_view key = "MemTotal:";
    constexpr std::uint64_t unit = 1024;
    if (!meminfo.starts_with(key)) {
        return 0;
    }
    meminfo.remove_prefix(std::min(meminfo.find_first_not_of(' ', key.size()), meminfo.size()));
    std::uint64_t amount = 0;
    std::from_chars(meminfo.data(), meminfo.data() + meminfo.size(), amount);
    return amount * unit;
}

}  // namespace

std::string os_release_value(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=') {
            return std::string(unquoted(line.substr(key.size() + 1)));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return {};
}

std::string_view architecture(std::string_view machine) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> names{
        {{"x86_64", "amd64"}, {"aarch64", "arm64"}, {"armv7l", "arm32"}, {"i686", "x86"}, {"ppc64le", "ppc64"}}};
    for (const auto& [kernel_name, name] : names) {
        if (machine == kernel_name) {
            return name;
        }
    }
    return machine;
}

host_identity read_host_identity(const host_roots& roots) {
    host_identity found;
    found.id = first_line(roots.etc + "/machine-id");
    std::string release = read_file(roots.etc + "/os-release");
    if (release.empty()) {
        release = read_file(roots.etc + "/../usr/lib/os-release");  // os-release(5): the vendor's file
    }
    found.os_name = os_release_value(release, "NAME");
    found.os_version = os_release_value(release, "VERSION_ID");
    found.boot_id = first_line(roots.proc + "/sys/kernel/random/boot_id");
    found.memory_total = memory_total(read_file(roots.proc + "/meminfo"));
    utsname names{};
    if (::uname(&names) == 0) {
        found.arch = architecture(names.machine);
        found.kernel_release = names.release;
        found.name = names.nodename;
        found.os_type = "linux";
    }
    // In a container uname() tells the container's name.
    if (const std::string name = first_line(roots.etc + "/hostname"); roots.etc != "/etc" && !name.empty()) {
        found.name = name;
    }
    if (const long count = ::sysconf(_SC_NPROCESSORS_CONF); count > 0) {
        found.cpu_count = static_cast<std::uint32_t>(count);
    }
    return found;
}

}  // namespace sonde::common
