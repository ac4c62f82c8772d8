// SPDX-License-Identifier: Apache-2.0
#include "container/annotations.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include <arpa/inet.h>

namespace sonde::container {
namespace {

struct known_key {
    std::string_view key;
    std::string container_facts::* field;
};

// Kubernetes' own come first: containerd's CRI plugin and CRI-O repeat them under names of theirs.
constexpr std::array<known_key, 14> text_keys{{
    {"io.kubernetes.pod.uid", &container_facts::pod_uid},
    {"io.kubernetes.pod.name", &container_facts::pod_name},
    {"io.kubernetes.pod.namespace", &container_facts::pod_namespace},
    {"io.kubernetes.container.name", &container_facts::name},
    {"io.kubernetes.sandbox.id", &container_facts::sandbox_id},
    {"io.kubernetes.cri.sandbox-uid", &container_facts::pod_uid},
    {"io.kubernetes.cri.sandbox-name", &container_facts::pod_name},
    {"io.kubernetes.cri.sandbox-namespace", &container_facts::pod_namespace},
    {"io.kubernetes.cri.container-name", &container_facts::name},
    {"io.kubernetes.cri.sandbox-id", &container_facts::sandbox_id},
    {"io.kubernetes.cri-o.SandboxID", &container_facts::sandbox_id},
    {"io.kubernetes.cri-o.ImageRef", &container_facts::image_id},
    {"nerdctl/name", &container_facts::name},
    {"io.kubernetes.cri-o.ImageID", &container_facts::image_id},
}};

bool is_hex(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

void take_type(container_facts& facts, std::string_view value) {
    if (value == "sandbox" || value == "podsandbox") {
        facts.type = container_type::sandbox;
    } else if (value == "container" && facts.type == container_type::unknown) {
        facts.type = container_type::container;
    }
}

template <class Number>
bool take_number(std::string_view text, std::size_t at, std::size_t size, Number& to) noexcept {
    if (at + size > text.size()) {
        return false;
    }
    const char* const end = text.data() + at + size;
    return std::from_chars(text.data() + at, end, to).ptr == end;
}

}  // namespace

void take_annotation(container_facts& facts, std::string_view key, std::string_view value) {
    if (key == "io.kubernetes.cri.container-type" || key == "io.kubernetes.cri-o.ContainerType" ||
        key == "io.kubernetes.docker.type") {
        take_type(facts, value);
        return;
    }
    if (key == "io.kubernetes.cri.image-name" || key == "io.kubernetes.cri-o.ImageName") {
        take_image(facts, value);
        return;
    }
    if (key.starts_with("io.kubernetes.cri-o.IP.")) {
        if (const std::string address = address_bytes(value); !address.empty()) {
            facts.ip_addresses.push_back(address);
        }
        return;
    }
    if (key == "io.container.manager") {
        facts.runtime = value == "libpod" ? "podman" : std::string(value);
        return;
    }
    for (const known_key& each : text_keys) {
        if (key == each.key && (facts.*each.field).empty()) {
            facts.*each.field = value;
        }
    }
}

void take_image(container_facts& facts, std::string_view reference) {
    if (const std::size_t at = reference.find('@'); at != std::string_view::npos) {
        if (facts.image_id.empty()) {
            facts.image_id = reference.substr(at + 1);
        }
        reference = reference.substr(0, at);
    }
    constexpr std::size_t digest_size = 64;
    const bool is_digest = reference.starts_with("sha256:") || (reference.size() == digest_size && is_hex(reference));
    if (is_digest) {
        if (facts.image_id.empty()) {
            facts.image_id = reference;
        }
        return;
    }
    // A colon before the last slash belongs to the registry's port.
    const std::size_t colon = reference.rfind(':');
    const std::size_t slash = reference.rfind('/');
    const bool has_tag = colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash);
    facts.image_name = reference.substr(0, has_tag ? colon : reference.size());
    facts.image_tag = has_tag ? reference.substr(colon + 1) : std::string_view{};
}

std::string address_bytes(std::string_view text) {
    constexpr std::size_t v4_size = 4;
    constexpr std::size_t v6_size = 16;
    const std::string terminated(text.substr(0, text.find('/')));
    std::array<char, v6_size> bytes{};
    if (::inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) {
        return {bytes.data(), v4_size};
    }
    return ::inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1 ? std::string(bytes.data(), v6_size)
                                                                        : std::string();
}

std::int64_t unix_time(std::string_view text) noexcept {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    const bool is_time = take_number(text, 0, 4, year) && take_number(text, 5, 2, month) &&
                         take_number(text, 8, 2, day) && take_number(text, 11, 2, hour) &&
                         take_number(text, 14, 2, minute) && take_number(text, 17, 2, second);
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    // What is outside of the range of a 64 bit number of nanoseconds is no time of a container.
    if (!is_time || !date.ok() || year < 1970 || year > 2200) {
        return 0;
    }
    std::size_t at = 19;
    std::int64_t fraction = 0;
    if (at < text.size() && text[at] == '.') {
        std::int64_t unit = 100'000'000;
        for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10) {
            fraction += (text[at] - '0') * unit;
        }
    }
    int offset_hours = 0;
    int offset_minutes = 0;
    int sign = 0;
    if (at < text.size() && (text[at] == '+' || text[at] == '-') && take_number(text, at + 1, 2, offset_hours) &&
        take_number(text, at + 4, 2, offset_minutes)) {
        sign = text[at] == '+' ? 1 : -1;
    }
    const auto days = std::chrono::sys_days(date).time_since_epoch();
    const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(days).count() +
                                 (hour - sign * offset_hours) * 3600 + (minute - sign * offset_minutes) * 60 + second;
    return seconds * 1'000'000'000 + fraction;
}

}  // namespace sonde::container
