// SPDX-License-Identifier: Apache-2.0
#include "host/mount_table.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "host/text.hpp"

namespace sonde::host_metrics {
namespace {

constexpr bool is_octal(char c) noexcept { return c >= '0' && c <= '7'; }

bool parse_line(std::string_view line, mount_entry& into) {
    static_cast<void>(next_word(line));  // mount id
    static_cast<void>(next_word(line));  // of its parent
    into.device_number = next_word(line);
    const std::string_view root = next_word(line);
    const std::string_view mount_point = next_word(line);
    const std::string_view options = next_word(line);
    std::string_view word = next_word(line);
    while (!word.empty() && word != "-") {  // optional fields, any number of them
        word = next_word(line);
    }
    into.type = next_word(line);
    const std::string_view device = next_word(line);
    if (into.device_number.find(':') == std::string_view::npos || !mount_point.starts_with('/') || into.type.empty() ||
        device.empty()) {
        return false;
    }
    into.root = unescaped(root);
    into.mount_point = unescaped(mount_point);
    into.device = unescaped(device);
    const std::string_view super_options = next_word(line);
    into.is_read_only =
        options == "ro" || options.starts_with("ro,") || super_options == "ro" || super_options.starts_with("ro,");
    return true;
}

// Better first: of all mounts of a file system df shows the one nearest to its root.
auto rank(const mount_entry& of) {
    return std::tuple(of.root.size(), of.mount_point.size(), std::string_view(of.mount_point));
}

// Only what the map points at; its keys are gone afterwards.
void keep(std::vector<mount_entry>& mounts, const std::map<std::string_view, std::size_t>& chosen) {
    std::vector<std::size_t> places;
    places.reserve(chosen.size());
    for (const auto& [key, place] : chosen) {
        places.push_back(place);
    }
    std::ranges::sort(places);
    std::vector<mount_entry> kept;
    kept.reserve(places.size());
    for (const std::size_t place : places) {
        kept.push_back(std::move(mounts[place]));
    }
    mounts = std::move(kept);
}

}  // namespace

std::string unescaped(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_escape = text[i] == '\\' && i + 3 < text.size() && text[i + 1] <= '3' && is_octal(text[i + 1]) &&
                               is_octal(text[i + 2]) && is_octal(text[i + 3]);
        if (!is_escape) {
            plain += text[i];
            continue;
        }
        plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
        i += 3;
    }
    return plain;
}

std::size_t parse_mount_table(std::string_view text, std::vector<mount_entry>& into) {
    std::size_t malformed = 0;
    for (std::string_view line; next_line(text, line);) {
        mount_entry found;
        if (parse_line(line, found)) {
            into.push_back(std::move(found));
        } else {
            ++malformed;
        }
    }
    return malformed;
}

void keep_topmost(std::vector<mount_entry>& mounts) {
    std::map<std::string_view, std::size_t> at_point;
    for (std::size_t i = 0; i < mounts.size(); ++i) {
        at_point[mounts[i].mount_point] = i;  // the last one lies on top
    }
    keep(mounts, at_point);
}

void keep_one_each(std::vector<mount_entry>& mounts) {
    std::map<std::string_view, std::size_t> of_device;
    for (std::size_t i = 0; i < mounts.size(); ++i) {
        const auto [at, is_new] = of_device.try_emplace(mounts[i].device_number, i);
        if (!is_new && rank(mounts[i]) < rank(mounts[at->second])) {
            at->second = i;
        }
    }
    keep(mounts, of_device);
}

bool is_remote(std::string_view type) noexcept {
    static constexpr std::array<std::string_view, 16> types{
        "nfs", "nfs3", "nfs4",   "cifs",   "smb3",     "smbfs", "ncpfs",     "ceph",
        "9p",  "afs",  "lustre", "beegfs", "orangefs", "gpfs",  "glusterfs", "autofs"};
    // A program in user space answers, which may wait for a network or for nothing at all.
    return type.starts_with("fuse") || std::ranges::find(types, type) != types.end();
}

}  // namespace sonde::host_metrics
