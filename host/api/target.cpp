// SPDX-License-Identifier: Apache-2.0
#include "api/target.hpp"

#include <optional>

namespace sonde::api {
namespace {

std::optional<unsigned> hex(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return static_cast<unsigned>(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return static_cast<unsigned>(c - 'a' + 10);
    }
    if (c >= 'A' && c <= 'F') {
        return static_cast<unsigned>(c - 'A' + 10);
    }
    return {};
}

// Decodes %XX, and + if `form`. Nothing if an escape is broken or a control character comes out.
std::optional<std::string> decode(std::string_view text, bool form) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            const auto high = i + 2 < text.size() ? hex(text[i + 1]) : std::nullopt;
            const auto low = high ? hex(text[i + 2]) : std::nullopt;
            if (!low) {
                return {};
            }
            c = static_cast<char>(*high * 16 + *low);
            i += 2;
        } else if (c == '+' && form) {
            c = ' ';
        }
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            return {};
        }
        plain += c;
    }
    return plain;
}

// Calls `each` with the parts between separators until it says no.
template <class Each>
bool split(std::string_view text, char separator, Each each) {
    for (;;) {
        const std::size_t end = text.find(separator);
        if (!each(text.substr(0, end))) {
            return false;
        }
        if (end == std::string_view::npos) {
            return true;
        }
        text.remove_prefix(end + 1);
    }
}

bool read_query(std::string_view text, request& into) {
    return split(text, '&', [&](std::string_view pair) {
        const std::size_t equals = pair.find('=');
        auto key = decode(pair.substr(0, equals), true);
        auto value =
            equals == std::string_view::npos ? std::optional(std::string{}) : decode(pair.substr(equals + 1), true);
        if (!key || !value) {
            return false;
        }
        if (!pair.empty()) {
            into.query.insert_or_assign(*key, *value);
            into.arguments.emplace_back(std::move(*key), std::move(*value));
        }
        return true;
    });
}

bool read_path(std::string_view text, request& into) {
    if (text.size() > 1 && text.back() == '/') {
        text.remove_suffix(1);
    }
    if (text == "/") {
        into.path = "/";
        return true;
    }
    return split(text.substr(1), '/', [&](std::string_view part) {
        auto segment = decode(part, false);
        if (!segment) {
            return false;
        }
        into.path += '/';
        into.path += *segment;
        into.segments.push_back(std::move(*segment));
        return true;
    });
}

}  // namespace

result<void> parse_target(std::string_view target, request& into) {
    if (!target.starts_with('/')) {
        return fail(errc::invalid, "the request target must be a path that begins with /");
    }
    target = target.substr(0, target.find('#'));
    const std::size_t mark = target.find('?');
    if (!read_path(target.substr(0, mark), into)) {
        return fail(errc::invalid, "the path has a broken percent escape or a control character");
    }
    if (mark != std::string_view::npos && !read_query(target.substr(mark + 1), into)) {
        return fail(errc::invalid, "the query has a broken percent escape or a control character");
    }
    return {};
}

}  // namespace sonde::api
