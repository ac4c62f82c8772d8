// SPDX-License-Identifier: Apache-2.0
#include "systemd/cursor.hpp"

#include <charconv>

namespace sonde::systemd {
namespace {

constexpr int hexadecimal = 16;
constexpr std::size_t id_digits = 32;

template <class Number>
bool read_number(std::string_view text, Number& to) noexcept {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), to, hexadecimal);
    return problem == std::errc{} && end == text.data() + text.size();
}

bool read_id(std::string_view text, id128& to) noexcept {
    if (text.size() != id_digits) {
        return false;
    }
    for (std::size_t i = 0; i < to.size(); ++i) {
        if (!read_number(text.substr(2 * i, 2), to[i])) {
            return false;
        }
    }
    return true;
}

// Takes "<key>=<value>" and the ';' after it off the front.
bool take(std::string_view& rest, char key, std::string_view& value) noexcept {
    if (rest.size() < 2 || rest[0] != key || rest[1] != '=') {
        return false;
    }
    const std::size_t end = rest.find(';');
    value = rest.substr(2, end == std::string_view::npos ? end : end - 2);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return true;
}

void mix(std::uint8_t* into, std::uint64_t value) noexcept {
    constexpr unsigned bits = 8;
    for (unsigned i = 0; i < sizeof value; ++i) {
        into[i] = static_cast<std::uint8_t>(into[i] ^ (value >> (bits * (sizeof value - 1 - i))));
    }
}

}  // namespace

std::optional<entry_place> parse_cursor(std::string_view text) noexcept {
    entry_place at;
    id128 boot{};
    std::string_view sequence;
    std::string_view number;
    std::string_view monotonic;
    std::string_view realtime;
    std::string_view hash;
    const bool is_whole = take(text, 's', sequence) && take(text, 'i', number) && take(text, 'b', at.boot) &&
                          take(text, 'm', monotonic) && take(text, 't', realtime) && take(text, 'x', hash) &&
                          text.empty();
    const bool is_read = is_whole && read_id(sequence, at.sequence) && read_number(number, at.number) &&
                         read_id(at.boot, boot) && read_number(monotonic, at.monotonic_us) &&
                         read_number(realtime, at.realtime_us) && read_number(hash, at.hash);
    return is_read ? std::optional(at) : std::nullopt;
}

id128 event_id(const entry_place& of) noexcept {
    id128 id = of.sequence;
    mix(id.data(), of.hash);
    mix(id.data() + sizeof of.hash, of.number);
    return id;
}

}  // namespace sonde::systemd
