// SPDX-License-Identifier: Apache-2.0
#include "common/container_id.hpp"

#include <algorithm>

namespace sonde::common {
namespace {

constexpr std::size_t container_id_size = 64;
constexpr std::size_t uuid_size = 36;
constexpr std::size_t static_pod_uid_size = 32;  // pods from files: the MD5 of their manifest

bool is_hex(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool is_hex(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return is_hex(c); });
}

// Takes the text before the next `at`, or all of it, off the front of `rest`.
std::string_view take_until(std::string_view& rest, char at) noexcept {
    const std::size_t end = rest.find(at);
    const std::string_view taken = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return taken;
}

// "docker-<id>.scope", "cri-containerd-<id>.scope", "crio-<id>", "slice:cri-containerd:<id>", "<id>".
std::string_view container_in(std::string_view segment) noexcept {
    if (segment.ends_with(".scope")) {
        segment.remove_suffix(std::string_view(".scope").size());
    }
    if (segment.size() < container_id_size) {
        return {};
    }
    const std::string_view runtime = segment.substr(0, segment.size() - container_id_size);
    const std::string_view id = segment.substr(runtime.size());
    if (!is_hex(id) || !(runtime.empty() || runtime.ends_with('-') || runtime.ends_with(':'))) {
        return {};
    }
    // The monitor of a container bears its id but lives outside it.
    return runtime.ends_with("conmon-") ? std::string_view{} : id;
}

bool is_uuid(std::string_view text) noexcept {
    if (text.size() != uuid_size) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool separator = i == 8 || i == 13 || i == 18 || i == 23;
        if (separator ? (text[i] != '-' && text[i] != '_') : !is_hex(text[i])) {
            return false;
        }
    }
    return true;
}

// "pod<uid>", "kubepods-burstable-pod<uid with _>.slice", the latter also before ":cri-containerd:<id>".
std::string_view pod_in(std::string_view segment) noexcept {
    segment = segment.substr(0, segment.find(':'));
    if (segment.ends_with(".slice")) {
        segment.remove_suffix(std::string_view(".slice").size());
    }
    const std::size_t at = segment.starts_with("pod") ? 0 : segment.rfind("-pod");
    if (at == std::string_view::npos) {
        return {};
    }
    const std::string_view uid = segment.substr(at + (at == 0 ? 3 : 4));
    return is_uuid(uid) || (uid.size() == static_pod_uid_size && is_hex(uid)) ? uid : std::string_view{};
}

}  // namespace

std::string_view cgroup_path(std::string_view cgroup_file) noexcept {
    std::string_view first_of_v1;
    while (!cgroup_file.empty()) {
        std::string_view line = take_until(cgroup_file, '\n');
        const std::string_view hierarchy = take_until(line, ':');
        const std::string_view controllers = take_until(line, ':');
        if (line.empty() || line == "/") {
            continue;
        }
        if (hierarchy == "0" && controllers.empty()) {
            return line;
        }
        first_of_v1 = first_of_v1.empty() ? line : first_of_v1;
    }
    return first_of_v1.empty() ? std::string_view("/") : first_of_v1;
}

std::string_view container_id(std::string_view path) noexcept {
    std::string_view innermost;
    while (!path.empty()) {
        const std::string_view found = container_in(take_until(path, '/'));
        innermost = found.empty() ? innermost : found;
    }
    return innermost;
}

std::string pod_uid(std::string_view path) {
    std::string_view innermost;
    while (!path.empty()) {
        const std::string_view found = pod_in(take_until(path, '/'));
        innermost = found.empty() ? innermost : found;
    }
    std::string uid(innermost);
    std::replace(uid.begin(), uid.end(), '_', '-');
    return uid;
}

}  // namespace sonde::common
