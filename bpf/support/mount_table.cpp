// SPDX-License-Identifier: Apache-2.0
#include "bpf/support/mount_table.hpp"

namespace sonde::bpf {
namespace {

std::string_view take_until(std::string_view& rest, char at) noexcept {
    const std::size_t end = rest.find(at);
    const std::string_view taken = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return taken;
}

bool is_octal(char c) noexcept { return c >= '0' && c <= '7'; }

// Space, tab, newline and backslash are written as \ooo.
std::string unescaped(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape = text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
                            is_octal(text[i + 3]);
        if (!escape) {
            plain.push_back(text[i]);
            continue;
        }
        plain.push_back(static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0')));
        i += 3;
    }
    return plain;
}

}  // namespace

std::optional<std::string> mount_point(std::string_view mountinfo, std::string_view type) {
    while (!mountinfo.empty()) {
        std::string_view line = take_until(mountinfo, '\n');
        // "36 35 98:0 ROOT POINT OPTIONS [FIELD...] - TYPE SOURCE OPTIONS"
        for (int skipped = 0; skipped < 3; ++skipped) {
            take_until(line, ' ');
        }
        const std::string_view root = take_until(line, ' ');
        const std::string_view point = take_until(line, ' ');
        const std::size_t separator = line.find(" - ");
        if (root != "/" || separator == std::string_view::npos) {
            continue;
        }
        std::string_view rest = line.substr(separator + 3);
        if (take_until(rest, ' ') == type) {
            return unescaped(point);
        }
    }
    return std::nullopt;
}

}  // namespace sonde::bpf
