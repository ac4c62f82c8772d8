// SPDX-License-Identifier: Apache-2.0
#include "ebpf/dns/wire_name.hpp"

#include <algorithm>

namespace sonde::ebpf::dns {
namespace {

constexpr std::size_t header_size = 12;
constexpr std::size_t most_octets = 255;
constexpr int most_labels = 127;
constexpr std::uint8_t pointer_mark = 0xc0;

// Lower case of what is written as it is, 0 of what is escaped.
constexpr std::array<char, 256> make_plain() {
    std::array<char, 256> plain{};
    for (std::size_t c = 0x21; c < 0x7f; ++c) {
        plain[c] = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    plain['.'] = 0;
    plain['\\'] = 0;
    return plain;
}
constexpr std::array<char, 256> plain_of = make_plain();

constexpr std::uint8_t lower(std::uint8_t c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + ('a' - 'A')) : c;
}

// Where a pointer at `at` leads.
std::size_t pointer(bytes packet, std::size_t at) noexcept {
    return (static_cast<std::size_t>(packet[at] & ~pointer_mark) << 8) | packet[at + 1];
}

// Walks the labels of a name under all limits.
template <class Visit>
name_end walk(bytes packet, std::size_t at, Visit&& visit) noexcept {
    std::size_t next = 0;
    std::size_t segment = at;
    std::size_t octets = 1;
    for (int labels = 0;;) {
        if (at >= packet.size()) {
            return {refusal::truncated, 0};
        }
        const std::uint8_t length = packet[at];
        if (length == 0) {
            return {refusal::none, next == 0 ? at + 1 : next};
        }
        if ((length & pointer_mark) == pointer_mark) {
            if (at + 1 >= packet.size()) {
                return {refusal::truncated, 0};
            }
            next = next == 0 ? at + 2 : next;
            at = pointer(packet, at);
            if (at >= segment) {
                return {refusal::loop, 0};
            }
            if (at < header_size) {
                return {refusal::bad_name, 0};
            }
            segment = at;
            continue;
        }
        octets += 1u + length;
        if ((length & pointer_mark) != 0 || octets > most_octets || ++labels > most_labels) {
            return {refusal::bad_name, 0};
        }
        if (packet.size() - at - 1 < length) {
            return {refusal::truncated, 0};
        }
        visit(packet.subspan(at + 1, length));
        at += 1u + length;
    }
}

// The offset of the label that a checked name continues with at `at`.
std::size_t follow(bytes packet, std::size_t at) noexcept {
    while ((packet[at] & pointer_mark) == pointer_mark) {
        at = pointer(packet, at);
    }
    return at;
}

}  // namespace

void name_text::add_label(bytes label) noexcept {
    if (size_ != 0) {
        add('.');
    }
    for (const std::uint8_t c : label) {
        if (plain_of[c] != 0) {
            add(plain_of[c]);
            continue;
        }
        add('\\');
        if (c == '.' || c == '\\') {
            add(static_cast<char>(c));
            continue;
        }
        add(static_cast<char>('0' + c / 100));
        add(static_cast<char>('0' + c / 10 % 10));
        add(static_cast<char>('0' + c % 10));
    }
}

void name_text::end() noexcept {
    if (size_ == 0) {
        add('.');
    }
}

name_end read_name(bytes packet, std::size_t offset, name_text& into) noexcept {
    into.clear();
    const name_end read = walk(packet, offset, [&](bytes label) { into.add_label(label); });
    into.end();
    return read;
}

name_end skip_name(bytes packet, std::size_t offset) noexcept {
    return walk(packet, offset, [](bytes) {});
}

bool same_name(bytes packet, std::size_t left, std::size_t right) noexcept {
    for (;;) {
        left = follow(packet, left);
        right = follow(packet, right);
        if (left == right) {
            return true;
        }
        const std::size_t length = packet[left];
        if (length != packet[right]) {
            return false;
        }
        if (length == 0) {
            return true;
        }
        const bytes one = packet.subspan(left + 1, length);
        const bytes other = packet.subspan(right + 1, length);
        if (!std::ranges::equal(one, other, [](std::uint8_t a, std::uint8_t b) { return lower(a) == lower(b); })) {
            return false;
        }
        left += 1 + length;
        right += 1 + length;
    }
}

}  // namespace sonde::ebpf::dns
