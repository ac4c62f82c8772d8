// SPDX-License-Identifier: Apache-2.0
#include <sonde/collecting/file_follower/position.hpp>

#include <array>
#include <charconv>

namespace sonde::collecting::file_follower {
namespace {

constexpr int hex = 16;

using members = std::array<std::uint64_t file_position::*, 6>;
constexpr members all_members{&file_position::device,    &file_position::inode,     &file_position::offset,
                              &file_position::head_size, &file_position::head_hash, &file_position::modified};

bool take_number(std::string_view& text, std::uint64_t& to) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), to, hex);
    if (problem != std::errc{}) {
        return false;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

bool take(std::string_view& text, char separator) {
    if (text.empty() || text.front() != separator) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

}  // namespace

std::uint64_t hash_of(std::string_view head) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
    for (const char c : head) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
    return hash;
}

std::string encode(const position& all) {
    std::string text;
    std::array<char, 16> digits{};
    for (const file_position& each : all) {
        text.append(text.empty() ? "" : ",");
        for (std::size_t i = 0; i < all_members.size(); ++i) {
            const auto done = std::to_chars(digits.begin(), digits.end(), each.*all_members[i], hex);
            text.append(i == 0 ? "" : ":").append(digits.begin(), done.ptr);
        }
    }
    return text;
}

result<position> decode(std::string_view text) {
    position all;
    for (std::string_view rest = text; !rest.empty();) {
        file_position each;
        for (std::size_t i = 0; i < all_members.size(); ++i) {
            if ((i != 0 && !take(rest, ':')) || !take_number(rest, each.*all_members[i])) {
                return fail(errc::invalid, "not a position in a file", std::string(text));
            }
        }
        all.push_back(each);
        const bool is_more = take(rest, ',');
        if (is_more == rest.empty() || all.size() > generation_limit || each.head_size > head_limit) {
            return fail(errc::invalid, "not a position in a file", std::string(text));
        }
    }
    return all;
}

}  // namespace sonde::collecting::file_follower
